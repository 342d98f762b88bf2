// Apollo Client: pages of a list in its cache, trusted documents by id over GET, refusals, sign-in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ApolloClient,
  ApolloLink,
  CombinedGraphQLErrors,
  HttpLink,
  InMemoryCache,
  ServerError,
  gql,
} from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { relayStylePagination } from '@apollo/client/utilities';
import { print } from 'graphql';
import { citizen, idOf, key, OLD_AGE_ALLOWANCE, url } from './lib.mjs';

const client = (link = new HttpLink({ uri: url })) =>
  new ApolloClient({
    link,
    cache: new InMemoryCache({
      typePolicies: { Query: { fields: { serviceItems: relayStylePagination(['division']) } } },
    }),
  });

const ITEMS = gql`
  query Items($division: String!, $first: Int!, $after: String) {
    serviceItems(division: $division, first: $first, after: $after) {
      edges {
        cursor
        node {
          code
          name
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

test('a list is read page by page into the cache', async () => {
  const apollo = client();
  const variables = { division: '330521', first: 1 };
  const { data } = await apollo.query({ query: ITEMS, variables });
  assert.equal(data.serviceItems.edges.length, 1);
  assert.match(data.serviceItems.edges[0].node.code, /^\d{12}$/);
  const cached = apollo.readQuery({ query: ITEMS, variables });
  assert.deepEqual(cached, data);
});

test('an id is sent first, over GET; where it is unknown and free speech allowed, the text', async () => {
  const seen = [];
  const watching = (address, options) => {
    const { query = new URL(address).searchParams.get('query') } = JSON.parse(options.body ?? '{}');
    seen.push([options.method, query]);
    return fetch(address, options);
  };
  const ITEM = gql`
    query ServiceItemName($code: String!, $division: String!) {
      serviceItem(code: $code, division: $division) {
        name
      }
    }
  `;
  const persisted = new PersistedQueryLink({
    generateHash: (document) => idOf(print(document)),
    useGETForHashedQueries: true,
  });
  const apollo = client(
    ApolloLink.from([persisted, new HttpLink({ uri: url, fetch: watching })]),
  );
  const { data } = await apollo.query({ query: ITEM, variables: OLD_AGE_ALLOWANCE });
  assert.match(data.serviceItem.name, /高龄津贴/);
  assert.deepEqual(seen, [
    ['GET', null],
    ['POST', print(apollo.documentTransform.transformDocument(ITEM))],
  ]);
});

test('a refusal carries its code where Apollo looks for it', async () => {
  const unknown = client().query({
    query: gql`
      {
        serviceItem(code: "000000000000", division: "330521") {
          name
        }
      }
    `,
  });
  await assert.rejects(unknown, (error) => {
    assert.ok(CombinedGraphQLErrors.is(error));
    assert.equal(error.errors[0].extensions.code, 'UNKNOWN_ITEM');
    return true;
  });
});

test('a bad token is a 401 with a code in its body', async () => {
  const signed = new SetContextLink(() => ({ headers: { authorization: 'Bearer nonsense' } }));
  const apollo = client(signed.concat(new HttpLink({ uri: url })));
  await assert.rejects(apollo.query({ query: gql`{ me { id } }` }), (error) => {
    if (CombinedGraphQLErrors.is(error)) {
      assert.equal(error.errors[0].extensions.code, 'UNAUTHENTICATED');
    } else {
      assert.ok(ServerError.is(error));
      assert.equal(error.statusCode, 401);
    }
    return true;
  });
});

test('a mutation answers with a typed result', async () => {
  const token = await citizen();
  const signed = new SetContextLink(() => ({ headers: { authorization: `Bearer ${token}` } }));
  const apollo = client(signed.concat(new HttpLink({ uri: url })));
  const { data } = await apollo.mutate({
    mutation: gql`
      mutation Bind($input: BindRealNameInput!) {
        bindRealName(input: $input) {
          ... on Me {
            id
          }
          ... on Problem {
            code
            fields {
              path
            }
          }
        }
      }
    `,
    variables: {
      input: { name: '某某', residentId: '330521194305120000', idempotencyKey: key() },
    },
  });
  assert.equal(data.bindRealName.__typename, 'Problem');
  assert.equal(data.bindRealName.code, 'INVALID_RESIDENT_ID');
  assert.deepEqual(data.bindRealName.fields[0].path, ['input', 'residentId']);
});
