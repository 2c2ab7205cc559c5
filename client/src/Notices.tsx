import { useState } from "react";
import { useEvent } from "./socket";

const NOTICES_KEPT = 50;

interface Notice {
  id: number;
  text: string;
  at: Date;
}

// What services tell the people who are online, the newest first.
export function Notices() {
  const [notices, setNotices] = useState<Notice[]>([]);
  useEvent("frontendMessage", (message) => {
    setNotices((before) =>
      [{ id: (before[0]?.id ?? 0) + 1, text: message.text, at: new Date() }, ...before].slice(0, NOTICES_KEPT),
    );
  });
  return (
    <section className="card" aria-label="Notices">
      <h2>Notices</h2>
      {notices.length === 0 ? (
        <p className="nothing">Nothing yet. Sign in, here or in another window.</p>
      ) : (
        <ol className="notices" aria-live="polite">
          {notices.map((notice) => (
            <li key={notice.id}>
              <time dateTime={notice.at.toISOString()}>{notice.at.toLocaleTimeString()}</time>
              <span>{notice.text}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
