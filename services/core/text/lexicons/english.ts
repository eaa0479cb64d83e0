// English: stop words, social words, cues of correction, clarification and satisfaction, words that ask for a person, number words.
import { type Lexicon, phrases, words } from "./lexicon.ts";

const numbers =
  "zero two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty";
const values = "0 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20";

export const english: Lexicon = {
  id: "en-1",

  stop: words(`
    a about after again all also am an and any are as at be because been before being both but by can could did do does doing
    done down each else even few for from further get gets getting give go goes going got had has have having he her here hers
    him his i if in into is it its itself just kind know let like look looking lot make many may maybe me mean might mine more
    most much must my myself need needs of off on once one only or other our ours out over own people please quite rather
    really same say see she should so some something such sure take tell than that the their them then there these they thing
    things this those though through to too under until up upon us use very want wants was way we were what when where which
    while who whom whose why will with within without would you your yours s t m re ll ve d don didn doesn isn wasn aren
    weren won wouldn couldn shouldn hasn haven hadn ain n gonna wanna im ive id youre thats whats ill lets u ur pls plz
    well actually anyway oh hmm um uh so wait
  `),

  social: [
    ...words(`
      hi hello hey hiya greetings thanks thank thankyou thx ty cheers welcome yes yeah yep yup ya no nope nah ok okay okey k sure
      alright bye goodbye cya fine great perfect awesome excellent wonderful cool nice lovely good morning afternoon evening
      night sorry correct right
    `),
    ...phrases(`
      that's all; that is all; that'll be all; that will be all; that would be all; that's it; that is it; that's everything
      that is everything; nothing else; nothing more; no more; not at the moment; not right now; not today; all set; i'm good; i am good; i'm done; i am done
      have a good day; have a great day; have a nice day; have a great one; have a good one; have a good night; take care; see you; see ya
      you too; same to you; so much; very much; a lot; for your help; for the help; for your time; for all your help; you've been great; you have been great
      you've been very helpful; you have been very helpful; been a great help; i appreciate it; i appreciate your help; everything i need; all i need; all i needed
      how are you; what's up; good to know; sounds good; got it; no problem; never mind; nevermind; you're welcome
    `),
  ],

  negation: words(
    "not no never cannot cant without nothing none neither nor nobody don't doesn't didn't isn't wasn't aren't weren't won't wouldn't couldn't shouldn't hasn't haven't hadn't can't ain't",
  ),

  question: words("what why how when where who which whose whom what's who's where's how's whats"),

  strong: phrases(`
    i meant; i mean the; i mean that; what i meant; i said; like i said; as i said; i already said; i just said; i asked; i already asked; i just asked; i was asking; my question was
    i told you; i already told; i just told; i already mentioned; i already gave; i already have; i already tried; i've already told; i've already said; i've already tried; i have already told
    that's not what; that is not what; this is not what; this isn't what; it's not what; not what i; thats not what; not the one i; not what you
    you misunderstood; you misunderstand; you misread; you didn't understand; you don't understand; you do not understand; you did not understand; you're not understanding; you are not understanding
    you aren't listening; you're not listening; you are not listening; you're not getting; you are not getting; you don't get
    that's wrong; that is wrong; this is wrong; it's wrong; it is wrong; you're wrong; you are wrong; you were wrong; you got it wrong; you got that wrong; wrong answer; wrong again; all wrong; is wrong; are wrong; still wrong
    that's incorrect; that is incorrect; this is incorrect; it's incorrect; is incorrect; are incorrect; incorrect answer
    isn't correct; is not correct; not correct; isn't right; is not right; that's not right; that is not right; not right at all; isn't true; is not true; not true; isn't accurate; not accurate; inaccurate
    that's not it; that is not it; that's not how; that is not how; that's not the; that is not the; that's not a; that is not a; that's not my; it's not the; this is not the; this isn't the
    still not; still no; still doesn't; still does not; still didn't; still don't; still isn't; still can't; still won't; still getting; still the same; still have the; still get
    doesn't work; does not work; didn't work; did not work; don't work; not working; isn't working; doesn't help; did not help; didn't help; does not help; it failed; it fails
    same answer; same response; same error; same mistake; same problem; same result; same thing again; the same again
    you already said; you already told; you said that already; you just said; you just told; you keep; you kept; do you keep; you repeated; you're repeating; you are repeating; stop repeating; repeating yourself; you said that
    making things up; making stuff up; making that up; making it up; made that up; made it up; made this up; hallucinating; hallucinated; hallucination; doesn't exist; does not exist; don't exist; do not exist
    try again; do it again; do that again; redo; re do; try harder; start over; again but
    you forgot; you missed; you ignored; you left out; you skipped; you omitted; you didn't include; you did not include; you stopped; you cut off; you changed; you failed
    you didn't answer; you did not answer; didn't answer my; did not answer my; answer my question; answer the question; you didn't; you did not; you haven't; you have not; you didn't even
    not helpful; unhelpful; isn't helpful; useless; worthless; horrible answer; terrible answer; bad answer; that's bad; that's terrible; thanks for nothing; not good enough
    makes no sense; make no sense; doesn't make sense; does not make sense; don't make sense; doesn't make any sense; nonsense
    i didn't ask; i did not ask; i never asked; i didn't say; i did not say; i never said; i didn't mean; i did not mean; i didn't want; i did not want
    i was hoping for; i was expecting; i expected; what i want is; what i need is; what i wanted was
    you made a mistake; you made an error; you made a; there's a mistake; there is a mistake; there's an error; there is an error; your mistake; your error; mistake in your; error in your
    i get an error; i got an error; i get this error; i got this error; i get the error; getting an error; getting this error; getting the error; throws an error; gives an error; gives me an error
    should have been; should've been; you should have; you should've; was supposed to; were supposed to
    too long; too short; too vague; too generic; too general; too complicated; too complex; too formal; not long enough; not specific enough; not detailed enough
    not what i'm looking for; not what i am looking for
    are you kidding; are you serious; what the hell; wtf; come on; seriously; stop it; stop saying; what are you talking about; what you're talking about; changing the subject; not listening; make any sense; making any sense; not making sense; never said that; i never said; are you even; don't you understand; you're confused; you are confused; not a good answer; don't get it; doesn't answer; that doesn't; did i say; didn't you read; did you even; that's ridiculous; that is ridiculous
    read it again; read again; read my; look again; check again; think again; pay attention; focus on; be more careful; as an ai; as a language model; don't apologize; stop apologizing
  `),

  strongLead: phrases(`
    wrong; incorrect; false; not quite; not exactly; not that; not this; not the; not what; no i meant; no i said; no not that; no you
    but i asked; but i said; but you; wait no; i think you; you're not; you are not; you can't; you cannot; your answer; your response; your code; the code you
  `),

  guarded: phrases(`
    i don't like; i do not like; i didn't like; i did not like; don't care for; do not care for; not a fan; not my thing; not my favorite; not interested in; not into; not really into; i hate; don't really like; do not really like; terrible; i don't think that; i don't think you; i don't think this; i do not think that; i do not think you; not enough
  `),

  weakLead: phrases(
    "no; nope; nah; but; actually; however; not really; i was looking for; i wanted; i don't want; i do not want",
  ),

  elaborate: phrases(`
    explain; explanation; elaborate; clarify; clarification; expand; expand on; more detail; more details; more detailed; in detail; detailed; what do you mean; what did you mean; what does that mean; what does this mean; what does it mean; meaning of
    example; examples; for instance; are you sure; you sure; is that right; is that correct; is that true; more specific; be specific; specifically; tell me more; say more; more information; more info; more about; go deeper; step by step; walk me through
    don't understand; do not understand; didn't understand; i'm confused; i am confused; confusing; unclear; not clear; not sure what; how so; why not; why is that; how come; such as; like what; simplify; simpler; summarize; rephrase; reword; in other words; in simple terms; continue; go on; keep going
  `),

  thanks: phrases(`
    thanks; thank you; thankyou; thank u; thx; ty; cheers; much appreciated; appreciate it; appreciate your; appreciate that; appreciate the; well done; good job; great job; nice job; nice work; great work; good work; good answer; great answer; good bot; love it; love this; love that; i like it; i like that
    very helpful; really helpful; so helpful; super helpful; most helpful; been helpful; was helpful; that's helpful; that helps; it helps; this helps; that helped; it worked; that worked; this worked; it works; that works; works now; works great; sounds good; sounds great; sounds perfect; looks good; looks great; that's great; that is great; that's perfect; that is perfect; this is perfect; this is great; that's awesome; that's amazing; that's good; that is good; that's better; much better; you're the best; you are the best; you're amazing; exactly what i
  `),

  praiseLead: words(
    "great perfect awesome excellent wonderful amazing fantastic brilliant nice lovely cool super exactly bravo wow beautiful impressive",
  ),

  confirm: words(
    "yes yeah yep yup ok okay k sure alright fine right correct good great perfect please cool nice true indeed agreed exactly absolutely definitely that is it works the one sounds thanks thank you",
  ),

  talkTo: phrases(`
    talk to; talk with; speak to; speak with; speaking to; speaking with; talking with; chat with; connect me; connect with; transfer me; put me through; pass me; forward me; escalate; escalate this; get hold of; get a hold of;
    i can talk to; i can talk with; i can speak to; i can speak with; i can chat with; i could talk to; i could talk with; i could speak to; i could speak with; i could chat with; i may talk to; i may speak to; i may speak with; we can talk to; we can speak to; we can speak with
  `),
  want: phrases(
    "i want; i need; i would like; i'd like; give me; get me; can i have; can i get; let me have; looking for; need; want; request; requesting; bring me",
  ),
  person: phrases(`
    human; a human; human being; human agent; live agent; real agent; live person; real person; actual person; actual human; real human; representative; human representative; customer service; customer support; support agent; customer care; service agent; support team; a rep; human operator; live operator; live chat; human support
    a representative; a human agent; a live agent; a real person; a live person; a real human; a real agent; a human being; an actual person; an actual human; a support agent
  `),
  anyPerson: phrases(
    "person; someone; somebody; agent; operator; rep; supervisor; manager; advisor; adviser; specialist; staff; support; anyone",
  ),

  one: ["one"],

  aliases: Object.fromEntries(words(numbers).map((word, index) => [word, words(values)[index] ?? word])),
};
