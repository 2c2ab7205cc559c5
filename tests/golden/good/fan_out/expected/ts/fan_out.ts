// Made by protoc-gen-warren from fan_out.proto, stock.proto.  Do not edit: change the schema and run ./dev gen.
//
// The events that a page sends and receives, for the stock socket.io-client:
//
//   const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io();

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
  /** The system has too much to do; wait a little. */
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
