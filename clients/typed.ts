// What a front-end team writes against the generated types; the type checker is its test.
import type { ResultOf, VariablesOf } from '@graphql-typed-document-node/core';
import { ServiceItemDocument, SubmitApplicationDocument } from './generated/graphql';

type Item = ResultOf<typeof ServiceItemDocument>['serviceItem'];
type Asked = VariablesOf<typeof ServiceItemDocument>;
type Submitted = ResultOf<typeof SubmitApplicationDocument>['submitApplication'];

export const asked: Asked = { code: '000511001000', division: '330521' };

export function nameOf(item: Item): string {
  return item.name;
}

/** A refusal is one more member of the union: the type checker wants it handled. */
export function caseNumberOf(result: Submitted): string | null {
  switch (result.__typename) {
    case 'Application':
      return result.caseNumber ?? null;
    case 'Problem':
      throw new Error(`${result.code}: ${result.message}`);
  }
}
