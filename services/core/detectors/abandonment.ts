// implicit:abandonment: the user left after friction and without a sign of success.
import { createVisitEnd } from "./visit-end.ts";

export const abandonment = createVisitEnd({
  id: "abandonment",
  type: "implicit:abandonment",
  state: "after-friction",
  ambiguity: null,
});
