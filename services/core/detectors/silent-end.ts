// implicit:silent-end: the user left without friction and without a sign of success; often content.
import { createVisitEnd } from "./visit-end.ts";

export const silentEnd = createVisitEnd({
  id: "silent-end",
  type: "implicit:silent-end",
  state: "silent",
  ambiguity: "satisfied_leave",
});
