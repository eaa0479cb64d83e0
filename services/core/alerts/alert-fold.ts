// One partition of tallies in, incidents out: the counting half (book) and the deciding half (cases) put together.
import type { ChangeRecord, TallyRecord } from "#schemas/generated/records.ts";
import type { AlertFold, AlertSnapshot } from "./alert-port.ts";
import { createBook, resumeBook, sharedPart } from "./book.ts";
import type { Book } from "./book-port.ts";
import type { Budget } from "./budget.ts";
import { createCases } from "./cases.ts";
import { isNewControl, readControl } from "./control.ts";
import { type CaseState, createCaseState } from "./desk.ts";
import type { Case } from "./incident.ts";
import type { RuleSet } from "./rules.ts";

export interface AlertSettings {
  /** Page of one incident: its id is appended. Null: none. */
  readonly incidentUrl: string | null;
  /** Page that runs a named query: `?` and its parameters are appended. Null: none. */
  readonly queryUrl: string | null;
  /** Slices and cells that are kept apart per tenant and signal; what exceeds them is counted under `~other`. */
  readonly slices: number;
  readonly cells: number;
}

export const defaultAlertSettings: AlertSettings = { incidentUrl: null, queryUrl: null, slices: 5_000, cells: 20_000 };

export interface AlertFoldOptions {
  /** Of `tallies`. */
  readonly partition: number;
  /** In force until a `~control` record brings others. */
  readonly rules: RuleSet;
  readonly settings: AlertSettings;
}

/** What the fold remembers besides its book. */
interface FoldState {
  readonly cases: CaseState;
  /** Ids of control records, oldest first. */
  readonly seen: Set<string>;
  /** Controls that changed nothing, by reason. */
  readonly refused: Map<string, number>;
  rules: RuleSet;
  /** Of the newest record. */
  offset: number;
}

/** One tenant in a snapshot. */
interface TenantPart {
  /** Undefined: the book does not know it. */
  readonly book: unknown;
  readonly cases: Case[];
  readonly changes: readonly ChangeRecord[];
}

/** What all share. */
interface SharedPart extends Omit<FoldState, "cases"> {
  readonly book: unknown;
  readonly stalledSince: number | null;
  readonly leapt: number;
  /** Cases and changes of no single tenant are here too. */
  readonly cases: Case[];
  readonly changes: readonly ChangeRecord[];
}

const toParts = (bookParts: ReadonlyMap<string, unknown>, { cases, ...rest }: FoldState): Map<string, unknown> => {
  const parts = new Map<string, unknown>();
  const names = new Set([...bookParts.keys(), ...cases.cases.keys(), ...cases.changes.keys()]);
  for (const name of [...names].toSorted()) {
    const part: TenantPart = {
      book: bookParts.get(name),
      cases: cases.cases.get(name) ?? [],
      changes: cases.changes.get(name) ?? [],
    };
    parts.set(
      name,
      name === sharedPart ? { ...part, ...rest, stalledSince: cases.stalledSince, leapt: cases.leapt } : part,
    );
  }
  return parts;
};

const openFold = (book: Book, state: FoldState, { partition, settings }: AlertFoldOptions): AlertFold => {
  const cases = createCases(book, state.cases, { partition, ...settings });

  const refuse = (reason: string): void => {
    state.refused.set(reason, (state.refused.get(reason) ?? 0) + 1);
  };

  const obey = ({ control: json }: TallyRecord): void => {
    const control = readControl(json);
    if (control === undefined) return refuse("malformed_control");
    if (!isNewControl(state.seen, control)) return;
    switch (control.kind) {
      case "change":
        return cases.change(control.change);
      case "act": {
        const refusal = cases.act(control.act, control.id, state.offset);
        if (refusal !== undefined) refuse(refusal);
        return;
      }
      case "rules":
        state.rules = control.rules;
        return book.setRules(control.rules);
      case "detector":
        return book.announce(control.identities);
      default:
        control satisfies never;
    }
  };

  const closeBins = (): void => {
    for (let closed = book.close(); closed !== undefined; closed = book.close())
      cases.close(closed.bin, closed.tenants, state.offset);
  };

  return {
    add(record, offset, appendTs) {
      state.offset = offset;
      if (record.signal_type === "~control") return obey(record);
      book.add(record, offset, appendTs);
      if (record.signal_type === "~tick") cases.tick(offset);
      else if (record.signal_type === "~progress") closeBins();
    },
    drain: () => cases.drain(),
    advance(at) {
      book.advance(at);
      closeBins();
    },
    get time() {
      return book.time;
    },
    adopt: (records) => cases.adopt(records),
    snapshot: () => ({ offset: state.offset + 1, parts: toParts(book.snapshot(), state) }),
    meters() {
      const meters = book.meters();
      const rejected = new Map(meters.rejected);
      for (const [reason, count] of state.refused) rejected.set(reason, (rejected.get(reason) ?? 0) + count);
      return { ...meters, rejected };
    },
  };
};

const freshState = (rules: RuleSet): FoldState => ({
  cases: createCaseState(),
  seen: new Set(),
  refused: new Map(),
  rules,
  offset: -1,
});

const budgetsOf = ({ slices, cells }: AlertSettings): Budget => ({ slices, cells });

/** A fold that has seen nothing. */
export const createAlertFold = (options: AlertFoldOptions): AlertFold => {
  const { rules, settings } = options;
  return openFold(createBook({ rules, budgets: budgetsOf(settings) }), freshState(rules), options);
};

/** A fold that goes on at `snapshot.offset`, which takes the snapshot's data over; the rules in force then are in it. */
export const resumeAlertFold = ({ parts }: AlertSnapshot, options: AlertFoldOptions): AlertFold => {
  const shared = parts.get(sharedPart) as SharedPart | undefined;
  if (shared === undefined) return createAlertFold(options);
  const { seen, refused, rules, offset, stalledSince, leapt } = shared;
  const cases: CaseState = { ...createCaseState(), stalledSince, leapt };
  const bookParts = new Map<string, unknown>();
  for (const [name, part] of parts) {
    const own = part as TenantPart;
    if (own.book !== undefined) bookParts.set(name, own.book);
    if (own.cases.length > 0) cases.cases.set(name, own.cases);
    if (own.changes.length > 0) cases.changes.set(name, own.changes);
  }
  const book = resumeBook(bookParts, { rules, budgets: budgetsOf(options.settings) });
  return openFold(book, { cases, seen, refused, rules, offset }, options);
};
