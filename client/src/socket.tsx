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
import type { ClientToServerEvents, ServerToClientEvents, WarrenError, WarrenRefusal } from "@generated/demo";

export type AppSocket = Socket<ServerToClientEvents, ClientToServerEvents>;
type Sent = keyof ClientToServerEvents;
type Message<E extends Sent> = Parameters<ClientToServerEvents[E]>[0];
type Answer<E extends Sent> =
  NonNullable<Parameters<ClientToServerEvents[E]>[1]> extends (answer: infer A) => void ? A : never;
type Reply<E extends Sent> = Exclude<Answer<E>, WarrenRefusal>;

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

const ANSWER_TIMEOUT_MS = 15_000;
const NO_ANSWER: WarrenError = {
  code: "timeout",
  message: "No answer came. Whether it took effect is unknown; try again.",
};

// No reply has a field `error`: the schema refuses it.
function isRefusal(answer: object): answer is WarrenRefusal {
  return "error" in answer;
}

// Sends an event and follows it to its answer; a refusal is data, not an exception.
export function useSend<E extends Sent>(event: E) {
  const socket = useContext(SocketContext);
  const [sending, setSending] = useState<Sending<Reply<E>>>({ state: "idle" });

  const send = useCallback(
    async (message: Message<E>): Promise<Sending<Reply<E>>> => {
      setSending({ state: "sending" });
      let next: Sending<Reply<E>>;
      try {
        const timed = socket.timeout(ANSWER_TIMEOUT_MS) as unknown as {
          emitWithAck(event: E, message: Message<E>): Promise<object>;
        };
        const answer = await timed.emitWithAck(event, message);
        next = isRefusal(answer)
          ? { state: "refused", error: answer.error }
          : { state: "answered", reply: answer as Reply<E> };
      } catch {
        next = { state: "refused", error: NO_ANSWER };
      }
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
