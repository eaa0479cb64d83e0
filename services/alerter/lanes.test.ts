// Delivery as it happens: who is told what and when, while receivers fail, slow down, vanish and come back.
import { describe, expect, it } from "vitest";
import { createMemoryInbox } from "#adapters/webhook/memory.ts";
import type { Attempt } from "#adapters/webhook-port.ts";
import type { IncidentRecord } from "#schemas/generated/records.ts";
import { blankIncident, withNotice } from "./test-fold.ts";
import { destination, openLanes, route, settingsOf } from "./test-lanes.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

const opened = (over: Partial<IncidentRecord> = {}): IncidentRecord => withNotice(blankIncident(over), "opened");
const ticket = (over: Partial<IncidentRecord> = {}): IncidentRecord =>
  withNotice(blankIncident({ severity: "SEV3", ...over }), "opened", { page: false });
const next = (record: IncidentRecord, state: string, kind: string, page = true): IncidentRecord =>
  withNotice({ ...record, rev: record.rev + 1, state }, kind, { page });

const hook = settingsOf([destination("hook")]);

describe("an incident", () => {
  it("is told once when it opens and once when it ends, to each destination of its routes", async () => {
    const world = openLanes(settingsOf([destination("a"), destination("b")]));
    const first = await world.say(opened());
    await world.say(next(first, "resolved", "resolved"));
    await world.advance(hour);
    expect(world.sent().toSorted()).toEqual(["a opened", "a resolved", "b opened", "b resolved"]);
    expect(world.standings()).toContain("a resolved delivered 1");
    expect(world.failures).toEqual([]);
  });

  it("that opened and ended before anybody could be told is told to nobody, and the log says so", async () => {
    const world = openLanes(hook);
    world.inbox.always("hook", { status: 500 });
    const first = await world.say(opened());
    await world.say(next(first, "resolved", "resolved"));
    world.inbox.always("hook", undefined);
    await world.advance(8 * hour);
    expect(world.sent()).toEqual(["hook opened"]);
    expect(world.standings()).toEqual(["hook opened collapsed 1", "hook resolved collapsed 0"]);
  });

  it("that ends while its opening is on its way is told to have ended once that has arrived", async () => {
    const answer = Promise.withResolvers<void>();
    const inbox = createMemoryInbox(() => 0);
    const world = openLanes(hook, {
      sender: {
        async send(delivery) {
          const attempt = await inbox.sender.send(delivery);
          if (delivery.kind === "opened") await answer.promise;
          return attempt;
        },
      },
    });
    const first = await world.say(opened());
    await world.say(next(first, "resolved", "resolved"));
    await world.advance(minute);
    answer.resolve();
    await world.advance(minute);
    expect(world.standings()).toEqual(["hook opened delivered 1", "hook resolved delivered 1"]);
    expect(inbox.taken).toHaveLength(2);
  });

  it("whose opening may have arrived is told to have ended", async () => {
    const world = openLanes(hook);
    world.inbox.next("hook", "reset");
    const first = await world.say(opened());
    await world.say(next(first, "resolved", "resolved"));
    await world.advance(minute);
    expect(world.sent()).toEqual(["hook opened", "hook resolved"]);
  });

  it("whose opening may have arrived is told to have ended, however long its receiver is away", async () => {
    const world = openLanes(hook);
    world.inbox.next("hook", "reset");
    world.inbox.always("hook", { status: 500 });
    const first = await world.say(opened());
    await world.say(next(first, "resolved", "resolved"));
    await world.restart();
    await world.advance(10 * minute);
    world.inbox.always("hook", undefined);
    await world.advance(hour);
    expect(world.standings()).toContainEqual(expect.stringMatching(/^hook resolved delivered/));
  });

  it("is gathered for as long as its route says, and its end is not", async () => {
    const world = openLanes(
      settingsOf([destination("hook")], { routes: [route("all", ["hook"], { groupWaitMs: 30 * second })] }),
    );
    const first = await world.say(opened());
    await world.advance(29 * second);
    expect(world.sent()).toEqual([]);
    await world.advance(second);
    expect(world.sent()).toEqual(["hook opened"]);
    await world.say(next(first, "resolved", "resolved"));
    expect(world.sent()).toEqual(["hook opened", "hook resolved"]);
  });

  it("is updated once in five minutes at most, unless it became graver", async () => {
    const world = openLanes(hook);
    let record = await world.say(opened());
    await world.advance(minute);
    record = await world.say(next(record, "open", "updated"));
    record = await world.say(next(record, "open", "updated"));
    await world.advance(3 * minute);
    expect(world.sent()).toEqual(["hook opened"]);
    await world.advance(minute);
    expect(world.sent()).toEqual(["hook opened", "hook updated"]);
    expect(world.standings()).toContain("hook updated collapsed 0");
    const graver = { severity: "SEV1", severity_before: "SEV2" } as const;
    await world.say(withNotice({ ...record, rev: 9, severity: "SEV1" }, "updated", { data: graver }));
    expect(world.sent()).toEqual(["hook opened", "hook updated", "hook updated"]);
  });

  it("that is silenced before anybody was told stays untold", async () => {
    const world = openLanes(
      settingsOf([destination("hook")], { routes: [route("all", ["hook"], { groupWaitMs: 30 * second })] }),
    );
    const first = await world.say(opened());
    await world.say({ ...first, rev: 2, state: "silenced" });
    await world.advance(hour);
    expect(world.sent()).toEqual([]);
    expect(world.standings()).toEqual(["hook opened suppressed 0"]);
  });
});

describe("a receiver that fails", () => {
  it("gets the same body under the same id again, and delays no other", async () => {
    const world = openLanes(settingsOf([destination("dead"), destination("well")]));
    world.inbox.next("dead", { status: 500 }, "connect", { status: 301 });
    await world.say(ticket());
    expect(world.sent()).toContain("well opened");
    await world.advance(hour);
    expect(world.standings().toSorted()).toEqual(["dead opened delivered 4", "well opened delivered 1"]);
    const dead = world.inbox.taken.filter((one) => one.destination === "dead");
    expect(new Set(dead.map(({ body }) => body.toString())).size).toBe(1);
    expect(new Set(dead.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(new Set(world.written.map(({ body_sha256: digest }) => digest)).size).toBe(1);
  });

  it("is only probed once a minute after five failures, and hears all that waited as soon as it is back", async () => {
    const world = openLanes(hook);
    world.inbox.always("hook", { status: 500 });
    for (let i = 0; i < 6; i += 1) await world.say(ticket({ incident_id: `inc_${i}`, tenant: `t${i}` }));
    await world.advance(minute);
    expect(world.lanes.states()).toMatchObject([{ destination: "hook", owed: 6, breakerOpen: true }]);
    const before = world.sent().length;
    await world.advance(10 * minute);
    expect(world.sent().length - before).toBeLessThanOrEqual(10);
    world.inbox.always("hook", undefined);
    await world.advance(2 * minute + 31 * minute);
    expect(world.standings().filter((one) => one.includes("delivered"))).toHaveLength(6);
    expect(world.lanes.states()).toMatchObject([{ owed: 0, breakerOpen: false }]);
  });

  it("down for an hour loses nothing and doubles nothing by id", async () => {
    const world = openLanes(hook);
    world.inbox.always("hook", { status: 500 });
    let record = await world.say(opened());
    await world.advance(hour);
    record = await world.say(next(record, "acknowledged", "acknowledged"));
    world.inbox.always("hook", undefined);
    await world.advance(10 * minute);
    await world.say(next(record, "resolved", "resolved"));
    await world.advance(10 * minute);
    const accepted = world.written.filter(({ status }) => status === "delivered").map(({ kind }) => kind);
    expect(accepted).toEqual(["opened", "acknowledged", "resolved"]);
  });

  it("that says when to come back is not asked before", async () => {
    const world = openLanes(hook);
    world.inbox.next("hook", { status: 429, retryAfter: "120" });
    await world.say(opened());
    await world.say(opened({ incident_id: "inc_2", tenant: "other" }));
    await world.advance(119 * second);
    expect(world.sent()).toEqual(["hook opened"]);
    await world.advance(second);
    expect(world.sent()).toEqual(["hook opened", "hook opened", "hook opened"]);
  });

  it("to which the same message can never be sent is given up", async () => {
    const world = openLanes(settingsOf([destination("pager", "pagerduty")]));
    world.inbox.always("pager", { status: 400 });
    await world.say(opened());
    await world.advance(hour);
    expect(world.standings()).toEqual(["pager opened failed 1"]);
  });

  it("goes on where it stood after a restart", async () => {
    const world = openLanes(hook);
    world.inbox.next("hook", { status: 500 }, { status: 500 });
    await world.say(ticket());
    await world.advance(5 * second);
    expect(world.standings()).toEqual(["hook opened retrying 2"]);
    await world.restart();
    await world.advance(4 * minute);
    expect(world.sent()).toHaveLength(2);
    await world.advance(minute);
    expect(world.standings()).toEqual(["hook opened delivered 3"]);
  });
});

describe("a destination that answers 410", () => {
  it("is told nothing more, and the others hear of it once", async () => {
    const world = openLanes(settingsOf([destination("gone"), destination("well")]));
    world.inbox.always("gone", { status: 410 });
    await world.say(opened());
    await world.say(opened({ incident_id: "inc_2", tenant: "other" }));
    await world.restart();
    await world.advance(hour);
    expect(world.sent().filter((one) => one.startsWith("gone"))).toHaveLength(1);
    const told = world.inbox.taken.filter(({ body }) => body.includes("destination_disabled"));
    expect(told.map((one) => one.destination)).toEqual(["well"]);
    expect(world.lanes.states()).toMatchObject([{ disabled: true }, { disabled: false }]);
  });

  it("is told of as back to those who heard that it was gone, each time anew", async () => {
    const pair = settingsOf([destination("flaky"), destination("well")]);
    const world = openLanes(pair);
    const back = async (): Promise<void> => {
      const off = world.written.findLast(
        ({ destination: name, rev, incident_id: id }) => id === "~destination" && name === "flaky" && rev !== null,
      );
      if (off === undefined) throw new Error("nothing says that it is off");
      await world.ask({ ...off, status: "requested", ts: world.timers.now() + 1, actor: "kim" });
      await world.advance(minute);
      await world.restart();
    };
    world.inbox.next("flaky", { status: 410 });
    await world.say(opened());
    await back();
    world.inbox.next("flaky", { status: 410 });
    await world.say(opened({ incident_id: "inc_2", tenant: "other" }));
    await world.change(settingsOf([{ ...destination("flaky"), url: "https://other.test/" }, destination("well")]));
    await world.advance(hour);
    await world.restart();
    await world.advance(hour);
    const told = world.inbox.taken.filter(({ body }) => body.includes("destination_disabled"));
    expect(told.map((one) => one.destination)).toEqual(["well", "well", "well", "well"]);
    expect(new Set(told.map(({ headers }) => headers["webhook-id"])).size).toBe(4);
    const types = told.map(({ body }) => (JSON.parse(body.toString()) as { readonly type: string }).type);
    expect(types).toEqual(["incident.opened", "incident.resolved", "incident.opened", "incident.resolved"]);
  });

  it("is tried with what a person asks for, and is back once it takes that", async () => {
    const world = openLanes(settingsOf([destination("flaky"), destination("well")]));
    world.inbox.next("flaky", { status: 410 }, { status: 410 });
    await world.say(opened());
    await world.say(opened({ incident_id: "inc_2", tenant: "other" }));
    const ask = async (): Promise<void> => {
      const tried = world.written.findLast(
        ({ destination: name, incident_id: id }) => id === "inc_1" && name === "flaky",
      );
      if (tried === undefined) throw new Error("it was never tried");
      await world.ask({ ...tried, status: "requested", ts: world.timers.now() + 1, actor: "kim" });
      await world.advance(minute);
    };
    await ask();
    expect(world.lanes.states()).toMatchObject([{ disabled: true }, { disabled: false }]);
    await ask();
    expect(world.lanes.states()).toMatchObject([{ disabled: false }, { disabled: false }]);
    expect(world.sent().filter((one) => one.startsWith("flaky"))).toHaveLength(4);
    const told = world.inbox.taken.filter(({ body }) => body.includes("destination_disabled"));
    expect(told.map((one) => one.destination)).toEqual(["well", "well"]);
  });

  it("is used again with another URL, or when a person asks for it", async () => {
    const world = openLanes(hook);
    world.inbox.next("hook", { status: 410 });
    await world.say(opened());
    await world.change(settingsOf([{ ...destination("hook"), url: "https://other.test/" }]));
    await world.say(opened({ incident_id: "inc_2", tenant: "other" }));
    expect(world.sent()).toEqual(["hook opened", "hook opened"]);

    await world.change(hook);
    await world.say(opened({ incident_id: "inc_3", tenant: "third" }));
    expect(world.sent()).toHaveLength(2);
    const off = world.written.find(({ incident_id: id }) => id === "~destination");
    await world.ask({
      ...(off ?? world.written[0]),
      status: "requested",
      ts: world.timers.now() + 1,
      actor: "kim",
    } as never);
    expect(world.sent()).toHaveLength(3);
  });
});

describe("a page", () => {
  const routes = [route("first", ["pager"], { fallback: "second" }), route("second", ["phone"])];
  const settings = settingsOf([destination("pager"), destination("phone")], { routes });

  it("that nobody takes within two minutes goes to the fallback, which is then told its end", async () => {
    const world = openLanes(settings);
    world.inbox.always("pager", { status: 500 });
    const first = await world.say(opened());
    await world.advance(119 * second);
    expect(world.sent().filter((one) => one.startsWith("phone"))).toEqual([]);
    await world.advance(2 * second);
    await world.say(next(first, "resolved", "resolved"));
    expect(world.sent().filter((one) => one.startsWith("phone"))).toEqual(["phone opened", "phone resolved"]);
  });

  it("that was taken, and a ticket, do not", async () => {
    const world = openLanes(settings);
    await world.say(opened());
    world.inbox.always("pager", { status: 500 });
    await world.say(ticket({ incident_id: "inc_2", tenant: "other" }));
    await world.advance(hour);
    expect(world.sent().filter((one) => one.startsWith("phone"))).toEqual([]);
  });

  it("comes before tickets that wait for the same destination", async () => {
    const world = openLanes(hook);
    world.inbox.next("hook", { status: 429, retryAfter: "60" });
    await world.say(ticket());
    await world.say(ticket({ incident_id: "inc_2", tenant: "b", severity: "SEV4" }));
    await world.say(opened({ incident_id: "inc_3", tenant: "c" }));
    await world.advance(minute);
    const bodies = world.inbox.taken.slice(1).map(({ body }) => body.includes("SEV2"));
    expect(bodies[0]).toBe(true);
  });
});

const quiet = (pages: "through" | "hold") => ({
  default: { from: 22 * 60, to: 7 * 60, timeZone: "UTC", days: ["sun"] as const, pages },
});
describe("quiet hours", () => {
  const night = Date.UTC(2026, 2, 1, 23);

  it("hold tickets until they end, and let pages through", async () => {
    const world = openLanes({ ...hook, quietHours: quiet("through") }, { start: night });
    await world.say(ticket());
    await world.say(opened({ incident_id: "inc_2", tenant: "other" }));
    expect(world.sent()).toEqual(["hook opened"]);
    await world.advance(8 * hour - 1);
    expect(world.sent()).toHaveLength(1);
    await world.advance(1);
    expect(world.sent()).toHaveLength(2);
  });

  it("hold pages too where the rule says so", async () => {
    const world = openLanes({ ...hook, quietHours: quiet("hold") }, { start: night });
    await world.say(opened());
    await world.advance(8 * hour - 1);
    expect(world.sent()).toEqual([]);
    await world.advance(1);
    expect(world.sent()).toEqual(["hook opened"]);
  });
});

it("a route's limit lets so many notifications an hour through, and every end of what was told", async () => {
  const world = openLanes(settingsOf([destination("hook")], { routes: [route("all", ["hook"], { rateLimit: 2 })] }));
  const first = await world.say(opened());
  await world.say(opened({ incident_id: "inc_2", tenant: "b" }));
  await world.say(opened({ incident_id: "inc_3", tenant: "c" }));
  await world.say(next(first, "resolved", "resolved"));
  await world.advance(59 * minute);
  expect(world.sent()).toEqual(["hook opened", "hook opened", "hook resolved"]);
  await world.advance(minute);
  expect(world.sent()).toHaveLength(4);
});

describe("Alertmanager", () => {
  it("hears of an open incident each minute, and of its end for five", async () => {
    const world = openLanes(settingsOf([destination("am", "alertmanager")]));
    const first = await world.say(opened());
    await world.advance(3 * minute);
    expect(world.inbox.taken).toHaveLength(4);
    await world.say(next(first, "resolved", "resolved"));
    await world.advance(hour);
    expect(world.inbox.taken).toHaveLength(4 + 1 + 4);
    expect(world.written).toHaveLength(2);
  });
});

describe("Slack", () => {
  const slack = settingsOf([destination("slack", "slack")]);

  it("gets one repeat after an answer that was lost, and no third message", async () => {
    const world = openLanes(slack);
    world.inbox.always("slack", "reset");
    await world.say(opened());
    await world.advance(8 * hour);
    expect(world.inbox.taken).toHaveLength(2);
    expect(world.standings()).toEqual(["slack opened failed 2"]);
  });

  it("gets a message a second at most", async () => {
    const world = openLanes(slack);
    for (const tenant of ["a", "b", "c"]) await world.say(opened({ incident_id: `inc_${tenant}`, tenant }));
    expect(world.inbox.taken).toHaveLength(1);
    await world.advance(second);
    expect(world.inbox.taken).toHaveLength(2);
  });
});

it("a notification that a person asks for again goes out again under its id, also when all is over", async () => {
  const world = openLanes(hook);
  const first = await world.say(opened());
  await world.say(next(first, "resolved", "resolved"));
  const [delivered] = world.written;
  await world.ask({ ...delivered, status: "requested", ts: world.timers.now() + 1, actor: "kim" } as never);
  await world.advance(minute);
  expect(world.sent()).toEqual(["hook opened", "hook resolved", "hook opened"]);
  const [one, , again] = world.inbox.taken;
  expect(again?.body.equals(one?.body ?? Buffer.alloc(0))).toBe(true);
  expect(again?.headers["webhook-id"]).toBe(one?.headers["webhook-id"]);
});

it("a stop waits for the attempt in flight, writes down what came of it, and starts no other", async () => {
  const answer = Promise.withResolvers<Attempt>();
  let calls = 0;
  const send = (): Promise<Attempt> => {
    calls += 1;
    return answer.promise;
  };
  const world = openLanes(hook, { sender: { send } });
  await world.say(opened());
  await world.say(opened({ incident_id: "inc_2", tenant: "other" }));
  const stopped = world.lanes[Symbol.asyncDispose]();
  answer.resolve({
    outcome: "accepted",
    status: 200,
    code: "ok",
    retryAfterMs: null,
    bodySha256: "00",
    durationMs: 5,
    unknown: false,
  });
  await stopped;
  expect(calls).toBe(1);
  expect(world.standings()).toEqual(["hook opened delivered 1"]);
});
