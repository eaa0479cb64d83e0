// What a user turn does, read from its words: corrects, asks for more, thanks, asks for a person. The rules of the lexicon's roles.

import { CONTENT, facts } from "./bag.ts";
import { ALIASED, CONTINUES, type Cues, roles } from "./cues.ts";
import type { Scanned } from "./scan.ts";
import type { Words } from "./words.ts";

export interface Reading {
  facts: number;
  contentTokens: number;
  /** Per word: CONTENT or 0. */
  marks: Uint8Array;
}

/** A correction that brings at least so many content words beside its cue says what is right (unmeasured). */
export const wordsBeyondCue = 3;
/** Longer turns bring matter of their own and are no request to clarify (unmeasured). */
export const clarifyWords = 12;
/** Thanks in a longer text are manners, not a verdict. */
export const positiveChars = 60;
/** How far behind "talk to" and "i want" the person may be named. */
const talkReach = 4;
const wantReach = 1;
/** "A human (that) I can talk to": at most one word stands between the person and such a clause, which has at least four. */
const whomReach = 1;
const whomWords = 4;
/** "not (very) helpful" is no praise; "no, thanks" at the start is thanks. */
const denyReach = 2;
const refuseReach = 4;
/** "Human, please", "agent!" ask by themselves when nothing much follows. */
const bareWords = 3;
/** A question word counts among the first words: "what is …", "and what is …", "ok so what …". */
const questionReach = 3;

/** What a word was spent on: it carries no content, it belongs to a correction, it is a social word. */
const EMPTY = 1;
const IN_CUE = 2;
const SOCIAL = 4;

const anyRole = ALIASED - 1;

export interface Reader {
  readonly reading: Reading;
  readonly read: (scanned: Scanned, words: Words, chars: number) => void;
  /** Only which words carry content and whether it ends in a question: all that an assistant's text is asked for. */
  readonly skim: (scanned: Scanned, words: Words) => void;
}

export const createReader = (cues: Cues, capacity: number): Reader => {
  const reading: Reading = { facts: 0, contentTokens: 0, marks: new Uint8Array(capacity) };
  let spent = new Uint8Array(capacity);

  const reserve = (count: number) => {
    if (count <= spent.length) return;
    spent = new Uint8Array(count);
    reading.marks = new Uint8Array(count);
  };

  let seen = 0;
  let talkEnd = -1;
  let wantEnd = -1;
  let personEnd = -1;
  let lastNegation = -1;
  let weakEnd = -1;

  const spend = (on: number, start: number, end: number) => {
    for (let i = start; i < end; i += 1) spent[i] = (spent[i] ?? 0) | on;
  };

  /** Roles that the phrase of words [start, end) plays where it stands. */
  const play = (role: number, start: number, end: number) => {
    if ((role & roles.stop) !== 0) spend(EMPTY, start, end);
    if ((role & roles.social) !== 0) spend(EMPTY | SOCIAL, start, end);
    if ((role & roles.negation) !== 0) {
      seen |= roles.negation;
      if (start > 0) lastNegation = end;
    }
    const lead = start === 0 ? role & (roles.strongLead | roles.weakLead | roles.praiseLead) : 0;
    if ((role & roles.strong) !== 0 || (lead & roles.strongLead) !== 0) {
      seen |= roles.strong;
      spend(IN_CUE, start, end);
    }
    if ((lead & roles.weakLead) !== 0) weakEnd = end;
    if ((role & roles.guarded) !== 0) {
      seen |= roles.guarded;
      spend(IN_CUE, start, end);
    }
    seen |= lead & roles.praiseLead;
    seen |= role & roles.elaborate;
    if (start < questionReach) seen |= role & roles.question;
    seen |= role & roles.one;
    const denied = lastNegation > 0 && start >= lastNegation && start - lastNegation < denyReach;
    if ((role & roles.thanks) !== 0 && !denied) seen |= roles.thanks;
    // "I do not want to talk to anyone" asks for no one.
    const refused = lastNegation > 0 && start - lastNegation < refuseReach;
    if ((role & roles.talkTo) !== 0 && !refused) {
      talkEnd = end;
      const isClause = end - start >= whomWords;
      if (isClause && personEnd >= 0 && start - personEnd <= whomReach) seen |= roles.person;
    }
    if ((role & roles.want) !== 0) wantEnd = end;
    const afterTalk = talkEnd >= 0 && start >= talkEnd && start - talkEnd <= talkReach;
    const afterWant = wantEnd >= 0 && start >= wantEnd && start - wantEnd <= wantReach;
    if ((role & roles.person) !== 0) personEnd = end;
    if ((role & roles.person) !== 0 && (afterTalk || afterWant)) seen |= roles.person;
    if ((role & roles.anyPerson) !== 0 && afterTalk) seen |= roles.person;
  };

  const read = (scanned: Scanned, words: Words, chars: number) => {
    const { count, nodes, written, counted } = words;
    reserve(count);
    seen = 0;
    talkEnd = -1;
    wantEnd = -1;
    personEnd = -1;
    lastNegation = -1;
    weakEnd = -1;
    spent.fill(0, 0, count);
    let confirms = count > 0;
    let namesPerson = false;
    for (let i = 0; i < count; i += 1) {
      let node = nodes[i] ?? 0;
      let role = cues.rolesAt(node);
      if ((role & roles.confirm) === 0) confirms = false;
      for (let end = i + 1; role !== 0; end += 1) {
        if ((role & anyRole) !== 0) {
          play(role, i, end);
          if (i === 0 && (role & (roles.person | roles.anyPerson)) !== 0) namesPerson = true;
        }
        if ((role & CONTINUES) === 0 || end >= count) break;
        node = cues.step(node, written[end] ?? 0);
        role = cues.rolesAt(node);
      }
    }

    const { marks } = reading;
    let content = 0;
    let beyond = 0;
    for (let i = 0; i < count; i += 1) {
      const carries = counted[i] === 1 && ((spent[i] ?? 0) & EMPTY) === 0;
      marks[i] = carries ? CONTENT : 0;
      if (!carries) continue;
      content += 1;
      if (((spent[i] ?? 0) & IN_CUE) === 0) beyond += 1;
    }

    // "No, thanks" and "no, that's all" turn down more, not what was said.
    const declines = weakEnd >= 0 && weakEnd < count && ((spent[weakEnd] ?? 0) & SOCIAL) !== 0;
    const positive = (seen & (roles.thanks | roles.praiseLead)) !== 0 || confirms;
    const question = scanned.asks || (seen & (roles.question | roles.elaborate)) !== 0;
    reading.contentTokens = content;
    reading.facts =
      scanned.script |
      (positive && chars < positiveChars && (seen & roles.strong) === 0 ? facts.positive : 0) |
      ((seen & roles.person) !== 0 || (namesPerson && count <= bareWords && content <= 2 && !scanned.asks)
        ? facts.asksPerson
        : 0) |
      (scanned.endsAsking ? facts.asksQuestion : 0) |
      ((seen & roles.strong) !== 0 ? facts.strongCue : 0) |
      ((seen & roles.guarded) !== 0 || (weakEnd >= 0 && !declines) ? facts.weakCue : 0) |
      (beyond >= wordsBeyondCue ? facts.beyondCue : 0) |
      (question && content <= clarifyWords ? facts.clarifies : 0) |
      ((seen & roles.negation) !== 0 ? facts.negation : 0) |
      (words.figures !== 0 ? facts.figures : 0) |
      (words.one ? facts.one : 0) |
      ((seen & roles.one) !== 0 ? facts.perhapsOne : 0) |
      (scanned.length > 1 ? facts.hasText : 0);
  };

  const skim = (scanned: Scanned, { count, nodes, counted }: Words) => {
    reserve(count);
    const { marks } = reading;
    for (let i = 0; i < count; i += 1) {
      const carries = counted[i] === 1 && (cues.rolesAt(nodes[i] ?? 0) & (roles.stop | roles.social)) === 0;
      marks[i] = carries ? CONTENT : 0;
    }
    reading.contentTokens = 0;
    reading.facts =
      scanned.script | (scanned.endsAsking ? facts.asksQuestion : 0) | (scanned.length > 1 ? facts.hasText : 0);
  };

  return { reading, read, skim };
};
