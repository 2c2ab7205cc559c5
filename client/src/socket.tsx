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
  freshId,
  send as sendEvent,
  tryAgain,
  type ClientToServerEvents,
  type ServerToClientEvents,
  type WarrenError,
  type WarrenMessage,
  type WarrenReply,
} from "@generated/demo";

export type AppSocket = Socket<ServerToClientEvents, ClientToServerEvents>;
type Sent = keyof ClientToServerEvents;

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

// Sends an event and follows it to its answer; a refusal is data, not an exception.  It keeps its id until it has an
// answer that is final, so that it takes effect once when the person sends the same once more after none came.
export function useSend<E extends Sent>(event: E) {
  const socket = useContext(SocketContext);
  const unanswered = useRef<{ id: string; text: string }>(undefined);
  const [sending, setSending] = useState<Sending<WarrenReply<E>>>({ state: "idle" });

  const send = useCallback(
    async (message: WarrenMessage<E>): Promise<Sending<WarrenReply<E>>> => {
      setSending({ state: "sending" });
      const text = JSON.stringify(message);
      if (unanswered.current?.text !== text) unanswered.current = { id: freshId(), text };
      const { id } = unanswered.current;
      const answer = await sendEvent(socket, event, message, { id });
      const next: Sending<WarrenReply<E>> =
        "error" in answer ? { state: "refused", error: answer.error } : { state: "answered", reply: answer };
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
