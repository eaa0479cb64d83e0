import { describe, expect, it } from "vitest";
import type { Committed } from "#adapters/broker-port.ts";
import { decide, type RecoveryPorts, recover } from "./recovery.ts";

const inc = 3;
const at = (offset: number | null, metadata = "", { logStart = 0, end = 1000 } = {}): Committed => ({
  offset,
  metadata,
  logStart,
  end,
});
const pending = '{"v":1,"inc":3,"pend":[100,199]}';

describe("what a new owner does", () => {
  it.each<[string, Committed, boolean, object]>([
    ["NEW, nothing known: from the log's start", at(null, "", { logStart: 7 }), false, { kind: "start", at: 7 }],
    ["NEW, nothing pending: from the offset", at(100, '{"v":1,"inc":3}'), false, { kind: "start", at: 100 }],
    ["NEW, an offset set by hand: from there", at(100), false, { kind: "start", at: 100, lost: null }],
    [
      "NEW, retention was faster: from the log's start, the rest is lost",
      at(100, '{"v":1,"inc":3}', { logStart: 150 }),
      false,
      { kind: "start", at: 150, lost: [100, 149] },
    ],
    [
      "NEW, an older incarnation that left nothing pending: from the offset",
      at(100, '{"v":1,"inc":2}'),
      false,
      { kind: "start", at: 100 },
    ],
    ["SAME: the pending range again", at(100, pending), false, { kind: "repeat", bounds: [100, 199], inc: 3 }],
    [
      "SAME under an older incarnation: under that one, whose token it has",
      at(100, '{"v":1,"inc":2,"pend":[100,199],"try":1}'),
      false,
      { kind: "repeat", bounds: [100, 199], inc: 2, tries: 1 },
    ],
    ["OVERLAP: refuse", at(150, pending), false, { kind: "refuse", why: "overlap" }],
    [
      "TRUNCATED: what is left, as another range",
      at(100, pending, { logStart: 120 }),
      false,
      { kind: "truncated", rest: [120, 199], lost: [100, 119] },
    ],
    [
      "TRUNCATED whole: from the log's start",
      at(100, pending, { logStart: 500 }),
      false,
      { kind: "start", at: 500, lost: [100, 499] },
    ],
    ["ZERO, no offset but rows: refuse", at(null), true, { kind: "refuse", why: "zero" }],
    ["ZERO, beyond the end: refuse", at(100, "", { end: 99 }), false, { kind: "refuse", why: "zero" }],
    ["ZERO, pending beyond the end: refuse", at(100, pending, { end: 199 }), false, { kind: "refuse", why: "zero" }],
    ["unreadable: refuse", at(100, "mine"), false, { kind: "refuse", why: "unreadable" }],
    ["a higher incarnation: refuse", at(100, '{"v":1,"inc":4}'), false, { kind: "refuse", why: "incarnation" }],
  ])("%s", (_, committed, landedBefore, expected) => {
    expect(decide(committed, inc, landedBefore)).toMatchObject(expected);
  });
});

const recording = (landedBefore = false) => {
  const did: string[] = [];
  const ports: RecoveryPorts = {
    inc,
    landedBefore: async () => landedBefore,
    commit: async (position, metadata) => void did.push(`commit ${position} ${metadata}`),
    reread: async (bounds, under) => {
      did.push(`reread ${bounds.join("-")} under ${under}`);
      return { bounds, offsets: [], packs: [], refused: null, rejects: [], oldest: null, bytes: 0 };
    },
    landing: {
      land: async ({ bounds }, under, tries) => void did.push(`land ${bounds.join("-")} under ${under}, try ${tries}`),
      acknowledge: async (position) => void did.push(`acknowledge ${position}`),
    },
    onLost: (bounds) => void did.push(`lost ${bounds.join("-")}`),
  };
  return { did, ports };
};

describe("recovery", () => {
  it("counts the attempt before it decodes anything", async () => {
    const { did, ports } = recording();
    await recover(at(100, '{"v":1,"inc":3,"pend":[100,199],"try":1}'), ports);
    expect(did).toEqual([
      'commit 100 {"v":1,"inc":3,"pend":[100,199],"try":2}',
      "reread 100-199 under 3",
      "land 100-199 under 3, try 2",
      "acknowledge 200",
    ]);
  });

  it("starts where nothing is pending, one attempt later", async () => {
    const { did, ports } = recording();
    const start = await recover(at(100, '{"v":1,"inc":3,"try":2}'), ports);
    expect(start).toEqual({ kind: "start", at: 100, tries: 3 });
    expect(did).toEqual(['commit 100 {"v":1,"inc":3,"try":3}']);
  });

  it("says what is lost before it lands what is left", async () => {
    const { did, ports } = recording();
    await recover(at(100, pending, { logStart: 120 }), ports);
    expect(did).toEqual([
      "lost 100-119",
      'commit 120 {"v":1,"inc":3,"pend":[120,199],"try":1}',
      "reread 120-199 under 3",
      "land 120-199 under 3, try 1",
      "acknowledge 200",
    ]);
  });

  it("touches nothing when it refuses", async () => {
    const { did, ports } = recording(true);
    expect(await recover(at(null), ports)).toMatchObject({ kind: "refused", why: "zero" });
    expect(did).toEqual([]);
  });
});
