// Acting on applications: what was asked for, its plan, and the order once it was given.
//
// ```text
// open ─► planning ─► plan ─► sending ─► sent (followed to its end, also after the dialog closed)
//                              └─► uncertain: no answer came; the same order, under the same id, may be sent again
// ```
//
// Invariants
// - an order keeps its id and content until an answer came, so that trying again never acts twice.
// - nothing is sent but the targets of the plan that is shown.

import { untrack } from 'svelte';
import { get, ProblemError, problemOf, send } from '../api/client.ts';
import type {
  Action,
  ActionPlan,
  ActionRequest,
  ApplicationDetails,
  CustomAction,
  CustomOrder,
  Operation,
  Problem,
} from '../api/schema.ts';
import { route } from '../state/route.svelte.ts';
import { toast } from '../parts/toast.svelte.ts';
import { draftOf, repeated } from './custom.ts';
import {
  customOf,
  newDraft,
  packageOf,
  problemsOf,
  rollingOf,
  suggestsRolling,
  termsOf,
  toRequest,
} from './draft.ts';
import type { Draft } from './draft.ts';
import { FollowedAction } from './follow.svelte.ts';
import { clustersOf, firstCluster, foundInAll } from './groups.ts';
import { outcomeWords } from './progress.ts';
import { uuidV7 } from './uuid.ts';
import { DEPLOYMENTS, needsPackage } from './words.ts';

const ACTIONS = '/api/v1/actions';

/** What to act on: either applications by path, or all that a filter lets through. */
export interface Asked {
  operation?: Operation;
  targets?: readonly string[];
  filter?: string;
  /** Start again what ran before its server or agent went away, in waves. */
  recover?: boolean;
  /** What to install, `NAME@VERSION`. */
  package?: string;
  /** A custom action that the targets declare, with `act`. */
  custom?: CustomAction;
  /** The order of one that is given once more, instead. */
  repeat?: CustomOrder;
}

export type Stage = 'plan' | 'sending' | 'uncertain' | 'sent';

export class Acting {
  /** What the person chose; the dialog's fields are bound to it. */
  readonly draft: Draft = $state(newDraft('restart'));
  #asked = $state.raw<Asked | null>(null);
  /** Targets in other clusters, whose turn comes after this one. */
  #rest = $state.raw<readonly string[]>([]);
  #plan = $state.raw<ActionPlan | null>(null);
  #planning = $state.raw(false);
  #problem = $state.raw<Problem | null>(null);
  #stage = $state.raw<Stage>('plan');
  #followed = $state.raw<FollowedAction | null>(null);
  #offered = $state.raw<readonly CustomAction[]>([]);
  #request: ActionRequest | null = null;
  /** Counts plans, so that a slow answer does not replace a newer one. */
  #plans = 0;

  get isOpen(): boolean {
    return this.#asked !== null;
  }

  /** What the dialog was opened for. */
  get asked(): Asked | null {
    return this.#asked;
  }

  get plan(): ActionPlan | null {
    return this.#plan;
  }

  /** True while the plan shown may not be that of the choices shown. */
  get planning(): boolean {
    return this.#planning;
  }

  /** Why there is no plan, or why the order was refused. */
  get problem(): Problem | null {
    return this.#problem;
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** The action once it was accepted. */
  get followed(): FollowedAction | null {
    return this.#followed;
  }

  /** True while the plan is one of recovery: nothing but a start. */
  get recovers(): boolean {
    return this.#asked?.recover ?? false;
  }

  /** True where a person chooses what is done: not of what brings packages, nor of one custom action. */
  get isChosen(): boolean {
    const { custom, repeat } = this.#asked ?? {};
    return custom === undefined && repeat === undefined && !DEPLOYMENTS.includes(this.draft.operation);
  }

  /** The custom actions that the first target offers; the master says which others do not. */
  get offered(): readonly CustomAction[] {
    return this.#offered;
  }

  get targets(): string[] {
    return this.#plan?.targets.map(({ path }) => path) ?? [];
  }

  /** The clusters whose turn comes after this one. */
  get others(): string[] {
    return clustersOf(this.#rest);
  }

  /** Opens the dialog. What was sent before goes on by itself. Each cluster gets an action of its own. */
  open(asked: Asked): void {
    Object.assign(this.draft, newDraft(asked.operation ?? 'restart'), {
      package: asked.package ?? '',
      waves: asked.recover ?? false,
      custom: asked.custom ? draftOf(asked.custom) : asked.repeat ? repeated(asked.repeat) : null,
    });
    this.#ask(asked);
    this.#plan = null;
    this.#problem = null;
    this.#stage = 'plan';
    this.#followed = null;
    this.#offered = [];
    this.#request = null;
    void this.#first();
  }

  /** Closes it; when the order was given, it opens again for the next cluster. */
  close(): void {
    const next = this.#stage === 'sent' && this.#rest.length > 0 ? this.#asked : null;
    const rest = this.#rest;
    this.#asked = null;
    this.#rest = [];
    this.#plans += 1;
    if (next) this.open({ ...next, operation: this.draft.operation, targets: rest });
  }

  #ask(asked: Asked): void {
    const { first, rest } = firstCluster(asked.targets ?? []);
    this.#asked = asked.targets === undefined ? asked : { ...asked, targets: first };
    this.#rest = rest;
  }

  async #first(): Promise<void> {
    const asked = untrack(() => this.#asked);
    if (asked?.filter !== undefined && asked.targets === undefined) {
      this.#planning = true;
      try {
        const targets = await foundInAll(asked.filter);
        if (targets !== null && this.#asked === asked) this.#ask({ ...asked, targets });
      } catch (error) {
        this.#problem = problemOf(error);
        this.#planning = false;
        return;
      }
    }
    await this.replan();
    if (suggestsRolling(this.draft.operation, this.targets)) {
      this.draft.rolling = true;
      await this.replan();
    }
    if (this.isChosen && !this.recovers) await this.#offer();
  }

  async #offer(): Promise<void> {
    const asked = untrack(() => this.#asked);
    const [first] = untrack(() => this.targets);
    if (first === undefined) return;
    try {
      const details = await get<ApplicationDetails>(`/api/v1/applications/${first}`);
      if (untrack(() => this.#asked) === asked) this.#offered = details.actions ?? [];
    } catch {
      // Whoever cannot be told of them starts, stops and restarts.
    }
  }

  /** Chooses what is done; the plan shown is no longer its plan. */
  choose(operation: Operation, custom: CustomAction | null = null): void {
    this.draft.operation = operation;
    this.draft.custom = custom === null ? null : draftOf(custom);
    this.#planning = true;
    void this.replan();
  }

  /** Asks the master what would happen; nothing is done. */
  async replan(): Promise<void> {
    const asked = untrack(() => this.#asked);
    if (asked === null || untrack(() => this.#stage) !== 'plan' || !this.#isPlannable()) return;
    const number = ++this.#plans;
    this.#planning = true;
    const request: ActionRequest = {
      operation: this.draft.operation,
      dry_run: true,
      ...whatOf(asked),
      ...packageOf(this.draft),
      ...customOf(this.draft),
      ...rollingOf(this.draft),
      ...termsOf(this.draft),
    };
    try {
      const plan = await send<ActionPlan>('POST', ACTIONS, request);
      if (number !== this.#plans) return;
      this.#plan = plan;
      this.#problem = null;
    } catch (error) {
      if (number !== this.#plans) return;
      this.#plan = null;
      this.#problem = problemOf(error);
    }
    this.#planning = false;
  }

  #isPlannable(): boolean {
    if (needsPackage(this.draft.operation) && this.draft.package === '') return false;
    const { batch, waitS, at, custom } = problemsOf(this.draft);
    return [batch, waitS, at, custom].every((problem) => problem === undefined);
  }

  /** Gives the order of the plan that is shown, or the same order again when no answer came. */
  async submit(): Promise<void> {
    if (this.#stage === 'sending' || this.#stage === 'sent') return;
    if (this.#stage !== 'uncertain') {
      if (this.#planning || this.#plan === null) return;
      this.#request = toRequest(this.draft, this.targets, uuidV7());
    }
    this.#stage = 'sending';
    this.#problem = null;
    try {
      const action = await send<Action>('POST', ACTIONS, this.#request);
      this.#stage = 'sent';
      this.#followed = new FollowedAction(action.id, action, (ended) => this.#tell(ended));
    } catch (error) {
      this.#problem = problemOf(error);
      // Whoever answered with a problem did nothing; without an answer nobody knows.
      const answered = error instanceof ProblemError && error.status >= 400 && error.status < 500;
      this.#stage = answered ? 'plan' : 'uncertain';
    }
  }

  /** Says how it ended to whom does not look at it any more. */
  #tell(ended: Action): void {
    const watched = untrack(() => this.isOpen && this.#followed?.id === ended.id);
    if (watched || untrack(() => route.drawer) === ended.id) return;
    const open = { label: 'Open', run: () => route.set({ open: ended.id }) };
    if (ended.status === 'SUCCEEDED') toast.info(outcomeWords(ended), open);
    else toast.warn(outcomeWords(ended), open);
  }
}

/** What a plan is made of: applications by path, those of a filter, or what is to be recovered. */
function whatOf(asked: Asked): Pick<ActionRequest, 'targets' | 'filter' | 'recover'> {
  if (asked.recover) return { recover: true };
  // What a filter was found to let through in all clusters counts more than the filter.
  if (asked.targets === undefined && asked.filter !== undefined) return { filter: asked.filter };
  return { targets: [...(asked.targets ?? [])] };
}

export const act = new Acting();
