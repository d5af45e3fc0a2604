// Asks a solver about words: which conditions can be met together, and by what.
import type { init } from "z3-solver";
import type { Choice } from "./symbolic-run.ts";

export type Solver = Awaited<ReturnType<typeof init>>;
type Z3 = Solver["Z3"];
type Node = Parameters<Z3["solver_assert"]>[2];

const QUERY_LIMIT_MS = 60_000;
const IMPOSSIBLE = -1;
const POSSIBLE = 1;

/**
 * One conversation in the logic of bits: what is told stays told. The library's own call for texts
 * is not used, because the text may be gone when its thread reads it.
 */
export class Conversation {
  readonly #z3: Z3;
  readonly #context: ReturnType<Z3["mk_context"]>;
  readonly #parser: ReturnType<Z3["mk_parser_context"]>;
  readonly #solver: ReturnType<Z3["mk_solver"]>;
  readonly #conditions = new Map<string, Node>();
  questions = 0;

  constructor({ Z3 }: Solver) {
    this.#z3 = Z3;
    const config = Z3.mk_config();
    this.#context = Z3.mk_context(config);
    Z3.del_config(config);
    this.#parser = Z3.mk_parser_context(this.#context);
    Z3.parser_context_inc_ref(this.#context, this.#parser);
    this.#solver = Z3.mk_solver_for_logic(this.#context, this.#symbol("QF_BV"));
    Z3.solver_inc_ref(this.#context, this.#solver);
    const limits = Z3.mk_params(this.#context);
    Z3.params_inc_ref(this.#context, limits);
    Z3.params_set_uint(this.#context, limits, this.#symbol("timeout"), QUERY_LIMIT_MS);
    Z3.solver_set_params(this.#context, this.#solver, limits);
    Z3.params_dec_ref(this.#context, limits);
  }

  tell(line: string): void {
    for (const fact of this.#parsed(line)) {
      this.#z3.solver_assert(this.#context, this.#solver, fact);
    }
  }

  /** False only if it is proved that nothing meets all of these; a doubt counts as possible. */
  async isPossible(path: readonly Choice[]): Promise<boolean> {
    return (await this.#ask(path)) !== IMPOSSIBLE;
  }

  /** What meets all of these, by name; nothing that is known if there is a doubt. */
  async example(path: readonly Choice[]): Promise<Map<string, bigint>> {
    if ((await this.#ask(path)) !== POSSIBLE) return new Map();
    const model = this.#z3.solver_get_model(this.#context, this.#solver);
    const text = this.#z3.model_to_string(this.#context, model);
    const values = text.matchAll(/^(\w+) -> #x([0-9a-f]+)$/gm);
    return new Map(Array.from(values, ([, name = "", hex = "0"]) => [name, BigInt(`0x${hex}`)]));
  }

  end(): void {
    this.#z3.solver_dec_ref(this.#context, this.#solver);
    this.#z3.parser_context_dec_ref(this.#context, this.#parser);
    this.#z3.del_context(this.#context);
  }

  #ask(path: readonly Choice[]): Promise<number> {
    this.questions += 1;
    const nodes = path.map(({ condition, isMet }) => this.#condition(condition, isMet));
    return this.#z3.solver_check_assumptions(this.#context, this.#solver, nodes);
  }

  #condition(name: string, isMet: boolean): Node {
    const text = isMet ? name : `(not ${name})`;
    const known = this.#conditions.get(text);
    if (known !== undefined) return known;
    const [node] = this.#parsed(`(assert ${text})`);
    if (node === undefined) throw new Error(`The solver knows nothing of ${name}.`);
    this.#z3.inc_ref(this.#context, node);
    this.#conditions.set(text, node);
    return node;
  }

  #parsed(text: string): Node[] {
    const facts = this.#z3.parser_context_from_string(this.#context, this.#parser, text);
    const count = this.#z3.ast_vector_size(this.#context, facts);
    return Array.from({ length: count }, (_, at) =>
      this.#z3.ast_vector_get(this.#context, facts, at),
    );
  }

  #symbol(name: string) {
    return this.#z3.mk_string_symbol(this.#context, name);
  }
}
