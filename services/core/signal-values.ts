// What the JSON in `event_value` of each signal holds, for the reference page; a property holds it against what is emitted.

type Values = Readonly<Record<string, string>>;

const act: Values = {
  acts: "how often, up to now",
  in_trial: "whether it happened before the next prompt; a later one counts in no rate",
  since_shown_ms: "from the response to the first act; null: the response was not seen",
};

const taken: Values = {
  ...act,
  chars: "characters taken in all",
  share_of_output: "those ÷ characters of the response; null: its length is not known",
  kinds: "labels of the acts: all, part, code",
};

const textCut = "only the beginning of a very long text was read";
const closedBy = "gap (silence), session_end, or grid (the longest session)";

const read: Values = {
  text_chars: "characters of the text, which itself is withheld",
  text_cut: textCut,
};

const answer = (which: string): Values => ({
  answer_label: `label of ${which}: ok, error, refusal, truncated, handoff`,
  answer_latency_ms: "its latency",
});

const ending: Values = {
  closed_by: closedBy,
  frictions: "kinds of friction in the last two exchanges, each once",
  friction_score: "1 − ∏(1 − weight) over the friction of the last two exchanges, see below",
  last_labels: "the last events of the visit with their labels",
  prompts: "prompts in the visit",
  responses: "responses in the visit",
  active_ms: "time with the product, pauses capped",
};

/** Signal type → key of `event_value` → what it is. */
export const signalValues: Readonly<Record<string, Values>> = {
  "implicit:repeat-ask": {
    word_cosine: "likeness of the words",
    char_cosine: "likeness of the characters",
    equal: "the same text but for case, width and punctuation",
    containment: "share of the shorter ask's content in the longer",
    number_mismatch: "the numbers in them differ",
    negation_mismatch: "one negates, the other does not",
    length_ratio: "shorter ÷ longer, in characters",
    gap_ms: "from the earlier ask to this one",
    turns_between: "user turns between them",
    ask_count: "how often it has been asked now",
    ...answer("the answer to the earlier ask"),
    regenerated: "the answer between them was regenerated",
    preceding_response_id: "the response just before this turn, whose slice the trial counts in",
    ...read,
  },
  "implicit:follow-up-clarification": {
    content_tokens: "content words of the turn",
    after_question: "the assistant had asked something; null: not known",
    repeats: "grade, when it repeats an ask as well",
    gap_ms: "from the response to the turn",
    ...answer("the response before"),
    ...read,
  },
  "implicit:abandonment": ending,
  "implicit:silent-end": ending,
  "implicit:copy": taken,
  "implicit:share": taken,
  "implicit:regenerate": { ...act, response_label: "label of the response" },
  "implicit:edit": {
    ...act,
    chars_changed: "characters changed in all",
    edited: "what was edited: prompt, response",
  },
  "implicit:stop": { ...act, output_chars: "characters written until then" },
  "implicit:engagement-length": {
    turns_after: "user turns after the response",
    active_ms_after: "time with the product after it, pauses capped",
    dwell_ms: "time it was visible",
    end_state: "used, after-friction, silent, escalated; null: the grid cut the visit",
    closed_by: closedBy,
  },
  "implicit:escalation": {
    acts: "how often a person was asked for",
    by: "button, agent, ticket; null: in words, or no such label",
    after_ms: "from the first event of the visit",
    turns_before: "user turns before it",
    prior_friction: "kinds of friction in the two exchanges before it",
    text_cut: textCut,
  },
  thumbs: { value: "1 or −1", acts: "how often the user voted" },
  rating: { value: "the rating", scale_max: "the best there is", acts: "how often the user rated" },
  comment: { ...read, acts: "how often the user commented" },
  form: {
    answers: "numbers and ticks as given; of words only how many characters, under <field>_chars",
    acts: "how often the user sent it",
  },
};
