import { useState } from "react";
import { AccountForm } from "./AccountForm";
import { Notices } from "./Notices";
import { useConnection, useSend } from "./socket";

const CONNECTION_TEXT = {
  connected: "Connected",
  connecting: "Connecting…",
  disconnected: "Disconnected",
} as const;

export function App() {
  const connection = useConnection();
  const [name, setName] = useState<string>();
  return (
    <>
      <header>
        <h1>Warren</h1>
        <p className={`connection ${connection}`} role="status">
          {CONNECTION_TEXT[connection]}
        </p>
      </header>
      <main>
        {name === undefined ? (
          <SignIn connected={connection === "connected"} onSignedIn={setName} />
        ) : (
          <section className="card">
            <h2>Signed in as {name}</h2>
            <p>Notices below arrive as they are sent.</p>
            <button type="button" className="quiet" onClick={() => setName(undefined)}>
              Use another account
            </button>
          </section>
        )}
        <Notices />
      </main>
      <footer>
        <a href="/docs/">Events of this system</a>
      </footer>
    </>
  );
}

function SignIn({ connected, onSignedIn }: { connected: boolean; onSignedIn: (name: string) => void }) {
  const [mode, setMode] = useState<"login" | "register">("login");
  const [welcome, setWelcome] = useState("");
  const login = useSend("userLogin");
  const register = useSend("userRegister");

  const submit = async (name: string, password: string) => {
    if (mode === "register") {
      const outcome = await register.send({ name, password });
      if (outcome.state !== "answered") return;
      setWelcome(`The account ${outcome.reply.name} was made. Sign in with it.`);
      register.forget();
      setMode("login");
    } else {
      setWelcome("");
      const outcome = await login.send({ name, password });
      if (outcome.state === "answered" && outcome.reply.ok) onSignedIn(name);
    }
  };
  const change = (next: "login" | "register") => {
    setMode(next);
    setWelcome("");
    login.forget();
    register.forget();
  };

  const current = mode === "login" ? login.sending : register.sending;
  const answered = login.sending.state === "answered" ? login.sending.reply.reason : "";
  return (
    <section className="card">
      <div className="tabs" role="tablist">
        <button type="button" role="tab" aria-selected={mode === "login"} onClick={() => change("login")}>
          Sign in
        </button>
        <button type="button" role="tab" aria-selected={mode === "register"} onClick={() => change("register")}>
          Register
        </button>
      </div>
      <AccountForm
        key={mode}
        action={mode === "login" ? "Sign in" : "Register"}
        event={mode === "login" ? "userLogin" : "userRegister"}
        busy={current.state === "sending"}
        disabled={!connected}
        error={current.state === "refused" ? current.error : undefined}
        onSubmit={submit}
      />
      {welcome !== "" && <p className="answer good" role="status">{welcome}</p>}
      {mode === "login" && answered !== "" && <p className="answer bad" role="alert">{answered}</p>}
    </section>
  );
}
