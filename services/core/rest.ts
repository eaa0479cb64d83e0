// A session at rest: nothing happens in it for the moment, so all of it is kept as bytes, about a tenth of its objects.
import { createByteStore } from "./byte-store.ts";
import { type ByteReader, type ByteWriter, createByteReader, createByteWriter } from "./bytes.ts";
import type { Context, Contexts, Provenance } from "./context.ts";
import type { Answered, Asked, Event, EventMaker, Opinion } from "./event.ts";
import { interactionTypes } from "./interaction.ts";
import { addEvent, openVisit, type Session, type SessionRules, type Visit } from "./session.ts";
import type { TurnCategory } from "./text/types.ts";
import { type Closing, gridShift } from "./visit.ts";

/** What nearly all events of a session have in common, with each other and with many sessions; one object for equal values. */
export interface Shared {
  readonly context: Context | null;
  readonly provenance: Provenance | null;
}

export interface Rest {
  /** Lays it to rest at this slot. */
  pack(slot: number, session: Session): Shared;
  /** Takes the same session out again; folds are made from the events when they are needed. */
  unpack(slot: number, shared: Shared): Session;
  nameOf(slot: number): Pick<Session, "tenant" | "id">;
  /** Whether its last visit is still open, without unpacking. */
  isOpen(slot: number): boolean;
  forget(slot: number): void;
}

const closings: readonly (Closing["by"] | null)[] = [null, "session_end", "gap", "grid"];

/** What is cached of a prompt's analysis; one that found a repeat refers to another event and is made again instead. */
const categories: readonly (TurnCategory | null | undefined)[] = [
  undefined,
  null,
  "correct-with",
  "correct-without",
  "clarify",
  "positive",
  "neutral",
];

/** A boolean that may be missing, as two bits. */
const trits: readonly (boolean | null | undefined)[] = [null, false, true, undefined];

const eventBits = { schema: 1, value: 2, context: 4, asked: 8, answered: 16, opinion: 32 } as const;
const askedBits = { features: 1, asksPerson: 2, cut: 4, category: 8 } as const;
const answeredBits = {
  features: 1,
  provenance: 2,
  chars: 4,
  toolErrors: 8,
  asksQuestion: 16,
  repeatsItself: 64,
} as const;
const opinionBits = { scale: 1, cut: 2 } as const;

/** What the next event is probably like. */
interface Like {
  readonly ts: number;
  readonly offset: number;
  readonly schemaId: number;
  readonly id: string;
  readonly user: string | null;
  readonly responseId: string | null;
}
const firstLike = (session: string): Like => ({
  ts: 0,
  offset: 0,
  schemaId: 0,
  id: session,
  user: null,
  responseId: null,
});
const usualLabel = "ok";

const has = (bits: number, bit: number): boolean => (bits & bit) !== 0;
const bitIf = (condition: boolean, bit: number): number => (condition ? bit : 0);

const putContext = (out: ByteWriter, context: Context, like: Context | null): void => {
  out.text(context.feature, like?.feature ?? null);
  out.text(context.segment, like?.segment ?? null);
  out.text(context.tier, like?.tier ?? null);
  out.text(context.device, like?.device ?? null);
  out.text(context.locale, like?.locale ?? null);
  out.text(context.app_version, like?.app_version ?? null);
  out.byte(context.utc_offset_min === null ? 0 : 1);
  if (context.utc_offset_min !== null) out.number(context.utc_offset_min, 0);
};

const getContext = (from: ByteReader, contexts: Contexts, like: Context | null): Context =>
  contexts.context(
    {
      feature: from.text(like?.feature ?? null),
      segment: from.text(like?.segment ?? null),
      tier: from.text(like?.tier ?? null),
      device: from.text(like?.device ?? null),
      locale: from.text(like?.locale ?? null),
      app_version: from.text(like?.app_version ?? null),
      utc_offset_min: from.byte() === 0 ? null : from.number(0),
    },
    undefined,
  );

const putProvenance = (out: ByteWriter, provenance: Provenance, like: Provenance | null): void => {
  out.text(provenance.prompt_name, like?.prompt_name ?? null);
  out.text(provenance.prompt_version, like?.prompt_version ?? null);
  out.text(provenance.model, like?.model ?? null);
  out.text(provenance.model_version, like?.model_version ?? null);
  out.text(provenance.release, like?.release ?? null);
};

const getProvenance = (from: ByteReader, contexts: Contexts, like: Provenance | null): Provenance =>
  contexts.provenance({
    prompt_name: from.text(like?.prompt_name ?? null),
    prompt_version: from.text(like?.prompt_version ?? null),
    model: from.text(like?.model ?? null),
    model_version: from.text(like?.model_version ?? null),
    release: from.text(like?.release ?? null),
  });

const putOpinion = (out: ByteWriter, { scaleMax, form, chars, cut }: Opinion): void => {
  out.byte(bitIf(scaleMax !== null, opinionBits.scale) | bitIf(cut, opinionBits.cut));
  if (scaleMax !== null) out.number(scaleMax, 0);
  out.text(form, null);
  out.count(chars);
};

const getOpinion = (from: ByteReader): Opinion => {
  const bits = from.byte();
  return {
    scaleMax: has(bits, opinionBits.scale) ? from.number(0) : null,
    form: from.text(null),
    chars: from.count(),
    cut: has(bits, opinionBits.cut),
  };
};

/** How many pairs are kept for sharing; above it sharing starts afresh. */
const sharesLimit = 20_000;

const createShares = () => {
  const known = new Map<Context | null, Map<Provenance | null, Shared>>();
  let size = 0;
  return (context: Context | null, provenance: Provenance | null): Shared => {
    const found = known.get(context)?.get(provenance);
    if (found !== undefined) return found;
    if (size >= sharesLimit) {
      known.clear();
      size = 0;
    }
    const made = { context, provenance };
    const own = known.get(context) ?? new Map<Provenance | null, Shared>();
    known.set(context, own.set(provenance, made));
    size += 1;
    return made;
  };
};

export const createRest = ({ text, contexts }: EventMaker, rules: SessionRules): Rest => {
  const out = createByteWriter();
  const from = createByteReader();
  const store = createByteStore();
  const share = createShares();

  const putAsked = ({ features, contentTokens, asksPerson, chars, cut, reading }: Asked): void => {
    const category = reading === undefined || reading.bond !== null ? 0 : categories.indexOf(reading.category);
    out.byte(
      bitIf(features !== null, askedBits.features) |
        bitIf(asksPerson, askedBits.asksPerson) |
        bitIf(cut, askedBits.cut) |
        (category * askedBits.category),
    );
    out.count(contentTokens);
    out.count(chars);
    if (features !== null) out.bytes(text.packPrompt(features));
  };

  const getAsked = (): Asked => {
    const bits = from.byte();
    const category = categories[Math.floor(bits / askedBits.category)];
    return {
      contentTokens: from.count(),
      chars: from.count(),
      features: has(bits, askedBits.features) ? text.unpackPrompt(from.bytes()) : null,
      asksPerson: has(bits, askedBits.asksPerson),
      cut: has(bits, askedBits.cut),
      reading: category === undefined ? undefined : { bond: null, category },
    };
  };

  const putAnswered = (answered: Answered, provenance: Provenance | null): void => {
    const { features, auditId, outputChars, asksQuestion, toolErrors, repeatsItself } = answered;
    const isUsual = answered.provenance === provenance;
    out.byte(
      bitIf(features !== null, answeredBits.features) |
        bitIf(isUsual, answeredBits.provenance) |
        bitIf(outputChars !== null, answeredBits.chars) |
        bitIf(toolErrors, answeredBits.toolErrors) |
        (trits.indexOf(asksQuestion) * answeredBits.asksQuestion) |
        (trits.indexOf(repeatsItself) * answeredBits.repeatsItself),
    );
    if (!isUsual) putProvenance(out, answered.provenance, provenance);
    out.text(auditId, null);
    if (outputChars !== null) out.number(outputChars, 0);
    if (features !== null) out.bytes(text.packResponse(features));
  };

  const getAnswered = (provenance: Provenance | null): Answered => {
    const bits = from.byte();
    const isUsual = has(bits, answeredBits.provenance) && provenance !== null;
    return {
      provenance: isUsual ? provenance : getProvenance(from, contexts, provenance),
      auditId: from.text(null),
      outputChars: has(bits, answeredBits.chars) ? from.number(0) : null,
      features: has(bits, answeredBits.features) ? text.unpackResponse(from.bytes()) : null,
      asksQuestion: trits[(bits >> 4) & 3] ?? null,
      toolErrors: has(bits, answeredBits.toolErrors),
      repeatsItself: trits[bits >> 6] ?? undefined,
    };
  };

  const putEvent = (event: Event, like: Like, { context, provenance }: Shared): void => {
    const isUsual = event.context === context;
    out.byte(interactionTypes.indexOf(event.type));
    out.byte(
      bitIf(event.schemaId !== like.schemaId, eventBits.schema) |
        bitIf(event.value !== null, eventBits.value) |
        bitIf(isUsual, eventBits.context) |
        bitIf(event.asked !== null, eventBits.asked) |
        bitIf(event.answered !== null, eventBits.answered) |
        bitIf(event.opinion !== null, eventBits.opinion),
    );
    out.number(event.ts, like.ts);
    out.number(event.offset, like.offset);
    if (event.schemaId !== like.schemaId) out.number(event.schemaId, 0);
    out.text(event.id, like.id);
    out.text(event.user, like.user);
    out.text(event.responseId, like.responseId ?? event.id);
    out.text(event.label, usualLabel);
    if (event.value !== null) out.number(event.value, 0);
    if (!isUsual) putContext(out, event.context, context);
    if (event.asked !== null) putAsked(event.asked);
    if (event.answered !== null) putAnswered(event.answered, provenance);
    if (event.opinion !== null) putOpinion(out, event.opinion);
  };

  const getEvent = (like: Like, { context, provenance }: Shared): Event => {
    const type = interactionTypes[from.byte()] ?? "prompt";
    const bits = from.byte();
    const ts = from.number(like.ts);
    const offset = from.number(like.offset);
    const schemaId = has(bits, eventBits.schema) ? from.number(0) : like.schemaId;
    const id = from.text(like.id) ?? "";
    return {
      id,
      type,
      ts,
      offset,
      schemaId,
      user: from.text(like.user),
      responseId: from.text(like.responseId ?? id),
      label: from.text(usualLabel),
      value: has(bits, eventBits.value) ? from.number(0) : null,
      context: has(bits, eventBits.context) && context !== null ? context : getContext(from, contexts, context),
      asked: has(bits, eventBits.asked) ? getAsked() : null,
      answered: has(bits, eventBits.answered) ? getAnswered(provenance) : null,
      opinion: has(bits, eventBits.opinion) ? getOpinion(from) : null,
    };
  };

  const putVisit = ({ events, closing, revisions }: Visit, first: Like, shared: Shared): Like => {
    let like = first;
    out.count(events.length);
    for (const event of events) {
      putEvent(event, like, shared);
      like = event;
    }
    out.byte(closings.indexOf(closing?.by ?? null));
    if (closing !== null) out.number(closing.at, like.ts);
    out.count(revisions?.size ?? 0);
    for (const [key, revision] of revisions ?? []) {
      out.text(key, null);
      out.count(revision);
    }
    return like;
  };

  const getVisit = (first: Like, shared: Shared): { visit: Visit; last: Like } => {
    const visit = openVisit(null);
    let last = first;
    for (let left = from.count(); left > 0; left -= 1) {
      const event = getEvent(last, shared);
      addEvent(visit, event);
      last = event;
    }
    const by = closings[from.byte()] ?? null;
    if (by !== null) visit.closing = { by, at: from.number(last.ts) };
    for (let left = from.count(); left > 0; left -= 1) {
      visit.revisions ??= new Map();
      visit.revisions.set(from.text(null) ?? "", from.count());
    }
    return { visit, last };
  };

  const getName = (): Pick<Session, "tenant" | "id"> => {
    from.byte();
    return { tenant: from.text(null) ?? "", id: from.text(null) ?? "" };
  };

  return {
    pack(slot, { tenant, id, visits }) {
      const last = visits.at(-1);
      const answered = last?.events.findLast((event) => event.answered !== null)?.answered;
      const shared = share(last?.events.at(-1)?.context ?? null, answered?.provenance ?? null);
      out.begin();
      out.byte(last?.closing === null ? 1 : 0);
      out.text(tenant, null);
      out.text(id, null);
      out.count(visits.length);
      let like = firstLike(id);
      for (const visit of visits) like = putVisit(visit, like, shared);
      store.set(slot, out.end());
      return shared;
    },

    unpack(slot, shared) {
      // A copy, as text features are views on what is read.
      from.begin(Buffer.from(store.get(slot)));
      store.delete(slot);
      const { tenant, id } = getName();
      const visits: Visit[] = [];
      let like = firstLike(id);
      for (let left = from.count(); left > 0; left -= 1) {
        const { visit, last } = getVisit(like, shared);
        visits.push(visit);
        like = last;
      }
      return { tenant, id, shift: gridShift(tenant, id, rules), visits };
    },

    nameOf(slot) {
      from.begin(store.get(slot));
      return getName();
    },

    isOpen: (slot) => store.get(slot)[0] === 1,
    forget: (slot) => store.delete(slot),
  };
};
