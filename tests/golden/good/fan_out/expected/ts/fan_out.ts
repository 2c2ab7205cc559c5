// Made by protoc-gen-warren from fan_out.proto, stock.proto.  Do not edit: change the schema and run ./dev gen.
//
// The events that a page sends and receives, for the stock socket.io-client:
//
//   const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io();
//   const answer = await send(socket, "anEvent", message); // or socket.emit, which sends once

/** A person orders.  Orders replies, billing looks on. */
export interface OrderPlaced {
  /** Required. */
  item: string;
}

export interface OrderAccepted {
  /** A 64-bit integer as text. */
  number: string;
}

/** The codes of all that can go wrong with an event, and whether sending it again can help. */
export const tryAgain = {
  /** The message breaks a rule of the schema; `field` says where. */
  invalid_argument: "no",
  /** Browsers may not send an event of that name. */
  unknown_event: "no",
  /** Nobody is signed in on this socket. */
  unauthenticated: "no",
  /** Whoever is signed in may not do that. */
  forbidden: "no",
  /** What the message names is not there. */
  not_found: "no",
  /** What the message would make is there already. */
  already_exists: "no",
  /** Too many events came; wait `retry_after_ms`. */
  rate_limited: "after",
  /** The system has too much to do; wait `retry_after_ms`. */
  overloaded: "after",
  /** No answer came in time; whether it took effect is unknown. */
  timeout: "yes",
  /** A part of the system is away. */
  unavailable: "yes",
  /** A fault on the other side; the message holds an id to report. */
  internal: "no",
} as const;

export type WarrenErrorCode = keyof typeof tryAgain;

/** Why an event was refused or failed. */
export interface WarrenError {
  code: WarrenErrorCode;
  /** For people. */
  message: string;
  /** The field that is to blame, e.g. "items[2].name". */
  field?: string;
  /** When to try again, where tryAgain says "after". */
  retry_after_ms?: number;
}

/** An ack gets this in place of a reply. */
export interface WarrenRefusal {
  error: WarrenError;
}

/** The ack of an event without reply gets this, once the event is safe with the broker. */
export type WarrenDone = Record<string, never>;

/** The ack gets the reply, or `{ error }`. */
export type WarrenAck<Reply> = (answer: Reply | WarrenRefusal) => void;

/** Sent again with the same id, by the page or by the client's `retries`, an event takes effect once. */
export interface WarrenOnce {
  /** A UUID, made for each thing that a person does. */
  id: string;
}

/** This may stand behind the message. */
export type WarrenBehind<Reply> = [ack?: WarrenAck<Reply>] | [once: WarrenOnce, ack?: WarrenAck<Reply>];

/** The events that browsers send. */
export interface ClientToServerEvents {
  /** A person orders.  Orders replies, billing looks on.  Through router to orders and billing. */
  orderPlaced: (message: OrderPlaced, ...behind: WarrenBehind<OrderAccepted>) => void;
}

/** The events that browsers receive. */
export interface ServerToClientEvents {
  /** The answer to orderPlaced where no ack was asked. */
  orderAccepted: (message: OrderAccepted) => void;
  /** An event that was sent without an ack was refused or failed. */
  warrenError: (error: WarrenError & { event: string }) => void;
  /** After each connect: whether the socket is the one from before, so that nothing was missed. */
  warrenOffset: (state: { recovered: boolean }) => void;
}

/** The message of an event, and the reply that answers it. */
export type WarrenMessage<E extends keyof ClientToServerEvents> = Parameters<ClientToServerEvents[E]>[0];
export type WarrenReply<E extends keyof ClientToServerEvents> = Exclude<
  Parameters<Extract<Parameters<ClientToServerEvents[E]>[1], (answer: never) => void>>[0],
  WarrenRefusal
>;

/** The part of a socket of socket.io-client that `send` uses. */
export interface WarrenSocket {
  timeout(ms: number): { emitWithAck(event: never, ...args: never[]): Promise<unknown> };
}

export interface WarrenSending {
  /** Of the thing that a person does; `freshId()` when it is left out. */
  id?: string;
  /** When to give up. */
  timeoutMs?: number;
  /** When to send again because no answer came. */
  answerMs?: number;
}

/** A UUID. (crypto.randomUUID is there on secure pages alone.) */
export function freshId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}

const NO_ANSWER: WarrenRefusal = {
  error: { code: "timeout", message: "No answer came. Whether it took effect is unknown; try again." },
};
const WAIT_MS = 1000; // where an answer does not say how long

// No reply has a field `error`: the schema refuses it.
const isRefusal = (answer: object): answer is WarrenRefusal => "error" in answer;

/**
 * Sends an event and gives its answer, the reply or `{ error }`; it does not throw. Until `timeoutMs` have passed it is
 * sent again, with the same id, so that it takes effect once: where no answer came in `answerMs`, and where the answer
 * is `rate_limited` or `overloaded`, after the time that it names.
 */
export async function send<E extends keyof ClientToServerEvents>(
  socket: WarrenSocket,
  event: E,
  message: WarrenMessage<E>,
  { id = freshId(), timeoutMs = 20_000, answerMs = 8_000 }: WarrenSending = {},
): Promise<WarrenReply<E> | WarrenRefusal> {
  const endMs = performance.now() + timeoutMs;
  let answer: object = NO_ANSWER;
  for (let leftMs = timeoutMs; leftMs > 0; leftMs = endMs - performance.now()) {
    const timed = socket.timeout(Math.min(leftMs, answerMs)) as unknown as {
      emitWithAck(event: E, message: WarrenMessage<E>, once: WarrenOnce): Promise<object>;
    };
    try {
      answer = await timed.emitWithAck(event, message, { id });
    } catch {
      answer = NO_ANSWER;
      continue;
    }
    if (!isRefusal(answer) || tryAgain[answer.error.code] !== "after") break;
    const waitMs = answer.error.retry_after_ms ?? WAIT_MS;
    if (waitMs >= endMs - performance.now()) break;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  return answer as WarrenReply<E> | WarrenRefusal;
}

/** The rules of the schema for a field; lengths count characters of text, bytes of base64. */
export interface WarrenFieldRules {
  /** Given, and not empty or zero. */
  readonly required?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** In PCRE2's syntax, found anywhere in the value. */
  readonly pattern?: string;
  readonly in?: readonly string[];
  readonly gte?: number;
  readonly lte?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly email?: boolean;
  readonly uuid?: boolean;
  /** Not to be shown or kept. */
  readonly secret?: boolean;
}

/** The rules of the fields of what browsers send (not of what these hold), so that a form can tell before it sends. */
export const rules = {
  orderPlaced: {
    item: { required: true },
  },
} as const satisfies Record<keyof ClientToServerEvents, Record<string, WarrenFieldRules>>;
