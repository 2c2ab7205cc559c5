// One socket for the whole app, and the hooks through which components use it.
import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from "react";
import { io, type Socket } from "socket.io-client";
import {
  tryAgain,
  type ClientToServerEvents,
  type ServerToClientEvents,
  type WarrenError,
  type WarrenOnce,
  type WarrenRefusal,
} from "@generated/demo";

export type AppSocket = Socket<ServerToClientEvents, ClientToServerEvents>;
type Sent = keyof ClientToServerEvents;
type Message<E extends Sent> = Parameters<ClientToServerEvents[E]>[0];
type Ack<E extends Sent> = Extract<Parameters<ClientToServerEvents[E]>[1], (answer: never) => void>;
type Reply<E extends Sent> = Exclude<Parameters<Ack<E>>[0], WarrenRefusal>;

// Opened when the page is loaded: a component that is mounted twice does not connect twice.
const socket: AppSocket = io();
const SocketContext = createContext<AppSocket>(socket);

export function SocketProvider({ children }: { children: ReactNode }) {
  return <SocketContext value={socket}>{children}</SocketContext>;
}

// Calls `handler` for each event of that name while the component is mounted.
export function useEvent<E extends keyof ServerToClientEvents>(event: E, handler: ServerToClientEvents[E]) {
  const socket = useContext(SocketContext);
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  });
  useEffect(() => {
    const listener = (...args: unknown[]) => (latest.current as (...args: unknown[]) => void)(...args);
    socket.on(event as string as never, listener as never);
    return () => {
      socket.off(event as string as never, listener as never);
    };
  }, [socket, event]);
}

export type Sending<R> =
  | { state: "idle" }
  | { state: "sending" }
  | { state: "answered"; reply: R }
  | { state: "refused"; error: WarrenError };

// Longer than a reply may take; a lost connection counts as well, until the next one is there.
const ANSWER_TIMEOUT_MS = 8_000;
const ATTEMPTS = 3;
const NO_ANSWER: WarrenError = {
  code: "timeout",
  message: "No answer came. Whether it took effect is unknown; try again.",
};

// No reply has a field `error`: the schema refuses it.
function isRefusal(answer: object): answer is WarrenRefusal {
  return "error" in answer;
}

// A UUID.  crypto.randomUUID is there on secure pages alone.
function freshId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}

// Sends an event and follows it to its answer; a refusal is data, not an exception.  It is sent again with the same id,
// so that it takes effect once: when no answer comes, and when the person sends the same once more after that.
export function useSend<E extends Sent>(event: E) {
  const socket = useContext(SocketContext);
  const unanswered = useRef<{ id: string; text: string }>(undefined);
  const [sending, setSending] = useState<Sending<Reply<E>>>({ state: "idle" });

  const send = useCallback(
    async (message: Message<E>): Promise<Sending<Reply<E>>> => {
      setSending({ state: "sending" });
      const text = JSON.stringify(message);
      if (unanswered.current?.text !== text) unanswered.current = { id: freshId(), text };
      const { id } = unanswered.current;
      const timed = socket.timeout(ANSWER_TIMEOUT_MS) as unknown as {
        emitWithAck(event: E, message: Message<E>, once: WarrenOnce): Promise<object>;
      };
      let answer: object = { error: NO_ANSWER };
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        try {
          answer = await timed.emitWithAck(event, message, { id });
          break;
        } catch {
          // It is not known whether it arrived.
        }
      }
      const next: Sending<Reply<E>> = isRefusal(answer)
        ? { state: "refused", error: answer.error }
        : { state: "answered", reply: answer as Reply<E> };
      if (next.state === "answered" || tryAgain[next.error.code] === "no") unanswered.current = undefined;
      setSending(next);
      return next;
    },
    [socket, event],
  );
  const forget = useCallback(() => setSending({ state: "idle" }), []);
  return { sending, send, forget };
}

export type Connection = "connecting" | "connected" | "disconnected";

// The state of the connection, kept up to date.
export function useConnection(): Connection {
  const socket = useContext(SocketContext);
  return useSyncExternalStore(
    useCallback(
      (changed) => {
        const events = ["connect", "disconnect", "connect_error"] as const;
        for (const event of events) socket.on(event, changed);
        return () => {
          for (const event of events) socket.off(event, changed);
        };
      },
      [socket],
    ),
    () => (socket.connected ? "connected" : socket.active ? "connecting" : "disconnected"),
  );
}
