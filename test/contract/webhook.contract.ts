// What every sender promises, over a network or not: the suite that the real one and its in-process twin both pass.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parseSecret, verifySignature } from "#adapters/webhook/signature.ts";
import type { Delivery, Destination, Sender } from "#adapters/webhook-port.ts";
import { sampleDelivery, samplePayload, secretOf } from "#test/helpers/receiver.ts";

/** What befalls the next request. `reset`: taken, and the answer lost; `hang`: taken, and never answered. */
export type Mishap =
  | { readonly status: number; readonly retryAfter?: string; readonly location?: string; readonly text?: string }
  | "reset"
  | "hang";

export interface Arrival {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface WebhookUnderTest extends AsyncDisposable {
  readonly sender: Sender;
  /** One that reaches the receiver under test. */
  destination(type: Destination["type"], changes?: { readonly secrets?: readonly string[] }): Destination;
  next(...mishaps: readonly Mishap[]): void;
  /** Since it was last asked. */
  arrived(): readonly Arrival[];
}

const secret = secretOf("first");
const hour = 3_600_000;

export const webhookContract = (name: string, open: () => Promise<WebhookUnderTest>): void => {
  describe(`the webhook port on ${name}`, () => {
    let tested: WebhookUnderTest;
    beforeAll(async () => {
      tested = await open();
    });
    afterAll(() => tested[Symbol.asyncDispose]());
    beforeEach(() => void tested.arrived());

    const send = (changes: Partial<Delivery> = {}, type: Destination["type"] = "standard") =>
      tested.sender.send(sampleDelivery(tested.destination(type), changes));

    test("2xx is success, and the receiver has the signed notification under its id", async () => {
      const at = Date.now();
      const attempt = await send({ at });
      expect(attempt).toMatchObject({ outcome: "accepted", status: 200, code: "ok", unknown: false });
      const [arrival, ...others] = tested.arrived();
      expect(others).toEqual([]);
      expect(JSON.parse(arrival?.body ?? "")).toEqual({
        type: "incident.opened",
        timestamp: "2026-03-01T11:45:00.000Z",
        data: samplePayload(),
      });
      const key = parseSecret(secret) ?? Buffer.of();
      const verdict = verifySignature([key], arrival?.headers ?? {}, Buffer.from(arrival?.body ?? ""), at / 1000);
      expect(verdict).toBe("valid");
      expect(arrival?.headers["webhook-id"]).toBe("ntf_0d1c3a");
    });

    test.each([
      [{ status: 500 }, "failed", "http_500"],
      [{ status: 404 }, "failed", "http_404"],
      [{ status: 400 }, "failed", "http_400"],
      [{ status: 301, location: "http://169.254.169.254/latest/meta-data/" }, "failed", "redirect"],
      [{ status: 410 }, "disabled", "gone"],
      [{ status: 429 }, "throttled", "http_429"],
      [{ status: 502 }, "throttled", "http_502"],
      [{ status: 504 }, "throttled", "http_504"],
    ] as const)("%o makes the attempt %s (%s)", async (mishap, outcome, code) => {
      tested.next(mishap);
      expect(await send()).toMatchObject({ outcome, code, status: mishap.status, retryAfterMs: null, unknown: false });
      expect(tested.arrived()).toHaveLength(1);
    });

    test("a wait that the receiver asks for is honoured up to an hour, in seconds and as a date", async () => {
      const inTwoMinutes = new Date(Date.now() + 120_000).toUTCString();
      tested.next(
        { status: 429, retryAfter: "7" },
        { status: 503, retryAfter: "86400" },
        { status: 429, retryAfter: inTwoMinutes },
        { status: 429, retryAfter: "soon" },
      );
      expect((await send()).retryAfterMs).toBe(7000);
      expect((await send()).retryAfterMs).toBe(hour);
      const byDate = (await send()).retryAfterMs;
      expect(byDate).toBeGreaterThan(100_000);
      expect(byDate).toBeLessThanOrEqual(120_000);
      expect((await send()).retryAfterMs).toBeNull();
    });

    test.each([
      ["reset", "reset"],
      ["hang", "timeout"],
    ] as const)("after a %s nobody knows, and the repeat has the same bytes", async (mishap, code) => {
      tested.next(mishap);
      const first = await send({ at: Date.now() - 60_000 });
      const second = await send();
      expect(first).toMatchObject({ outcome: "failed", status: null, code, unknown: true });
      expect(second).toMatchObject({ outcome: "accepted", bodySha256: first.bodySha256 });
      const [one, two] = tested.arrived();
      expect(two?.body).toBe(one?.body);
      expect(two?.headers["webhook-id"]).toBe(one?.headers["webhook-id"]);
      expect(two?.headers["webhook-timestamp"]).not.toBe(one?.headers["webhook-timestamp"]);
    });

    test("while a secret changes, receivers with the old and with the new one both accept", async () => {
      const secrets = [secretOf("second"), secret];
      await tested.sender.send(sampleDelivery(tested.destination("standard", { secrets })));
      const [{ headers, body } = { headers: {}, body: "" }] = tested.arrived();
      const verdicts = [...secrets, secretOf("third")].map((known) =>
        verifySignature([parseSecret(known) ?? Buffer.of()], headers, Buffer.from(body), Date.now() / 1000),
      );
      expect(verdicts).toEqual(["valid", "valid", "wrong_signature"]);
    });

    test("PagerDuty and Alertmanager refuse malformed events for good", async () => {
      for (const type of ["pagerduty", "alertmanager"] as const) {
        tested.next({ status: 400 }, { status: 500 });
        expect(await send({}, type)).toMatchObject({ outcome: "refused", code: "http_400" });
        expect(await send({}, type)).toMatchObject({ outcome: "failed", code: "http_500" });
      }
    });

    test("Slack's short words say when it is over; others are not shown", async () => {
      tested.next(
        { status: 404, text: "no_service" },
        { status: 410, text: "channel_is_archived" },
        { status: 404, text: "a secret of the receiver" },
      );
      expect(await send({}, "slack")).toMatchObject({ outcome: "refused", code: "slack_no_service" });
      expect(await send({}, "slack")).toMatchObject({ outcome: "refused", code: "slack_channel_is_archived" });
      expect(JSON.stringify(await send({}, "slack"))).not.toContain("secret");
    });

    test("Alertmanager gets its alerts where its API has them", async () => {
      await send({}, "alertmanager");
      expect(tested.arrived()[0]?.path).toBe("/hook/api/v2/alerts");
    });

    test.each([
      ["bad_secret", { secrets: ["whsec_short"] }, {}],
      ["bad_secret", { secrets: [] }, {}],
      ["bad_payload", {}, { notificationId: "ntf.1" }],
      ["bad_payload", {}, { incident: {} }],
    ])("what could never be right is not sent: %s", async (code, settings, changes) => {
      const delivery = sampleDelivery(tested.destination("standard", settings), changes as Partial<Delivery>);
      expect(await tested.sender.send(delivery)).toMatchObject({
        outcome: "refused",
        code,
        status: null,
        bodySha256: "",
      });
      expect(tested.arrived()).toEqual([]);
    });

    test("only an abort is thrown", async () => {
      const reason = new Error("enough");
      await expect(
        tested.sender.send(sampleDelivery(tested.destination("standard")), AbortSignal.abort(reason)),
      ).rejects.toBe(reason);
      expect(tested.arrived()).toEqual([]);
    });
  });
};
