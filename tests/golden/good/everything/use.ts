// The ways in which a page uses the types; what must not compile is marked so.
import { io, type Socket } from "socket.io-client";
import { orderStateValues, rules, send, tryAgain } from "./everything";
import type { ClientToServerEvents, Everything2, OrderState, ServerToClientEvents, WarrenRefusal } from "./everything";

const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io();
const address = { street: "Am Markt 1" };

socket.emit("everything", { text: "abc", id: "0", someBytes: "AAEC", texts: ["a"], address, anInt64: "1", aSint64: 1 }, (answer) => {
  if ("error" in answer) {
    const again: "no" | "yes" | "after" = tryAgain[answer.error.code];
    console.log(again, answer.error.field ?? answer.error.message);
  } else {
    const cents: string = answer.totalCents;
    console.log(cents, answer.inner?.others.length);
  }
});
socket.emit("nothing", {});
const once = { id: "01234567-89ab-4cde-8f01-23456789abcd" };
socket.emit("nothing", {}, once);
socket.emit("nothing", {}, once, (answer) => console.log("error" in answer ? answer.error.code : "done"));
const answer = await send(socket, "everything", { text: "abc", id: "0", someBytes: "", texts: ["a"], address }, { ...once, timeoutMs: 100 });
const cents: string = "error" in answer ? answer.error.code : answer.totalCents;
const done = await send(socket, "nothing", {});
console.log(cents, "error" in done ? done.error.retry_after_ms : Object.keys(done));
socket.on("everything2", (message: Everything2) => console.log(message.kind));
socket.on("warrenError", ({ event, code }) => console.log(event, code));

const states: readonly OrderState[] = orderStateValues;
const least: number = rules.everything.text.minLength;
const colours: readonly string[] = rules.everything.oneOfThree.in;
const refusal: WarrenRefusal = { error: { code: "rate_limited", message: "", retry_after_ms: 5 } };
console.log(states, least, colours, refusal);

// @ts-expect-error: a demanded field is missing
socket.emit("everything", { text: "abc" });
// @ts-expect-error: 64 bits travel as text
socket.emit("everything", { text: "abc", id: "0", someBytes: "", texts: ["a"], address, anInt64: 1 });
// @ts-expect-error: the id is a text
socket.emit("nothing", {}, { id: 7 });
// @ts-expect-error: nothing stands behind the ack
socket.emit("nothing", {}, () => {}, once);
// @ts-expect-error: the same for send
await send(socket, "everything", { text: "abc" });
// @ts-expect-error: the reply has no such field
console.log("error" in answer ? "" : answer.totalEuros);
// @ts-expect-error: no such event
await send(socket, "everythin", {});
// @ts-expect-error: no such event
socket.emit("everythin", {});
// @ts-expect-error: not one of the enum's names
socket.emit("everything", { text: "abc", id: "0", someBytes: "", texts: ["a"], address, state: "PAID" });
// @ts-expect-error: no such code
const wrong: WarrenRefusal = { error: { code: "oops", message: "" } };
console.log(wrong);
