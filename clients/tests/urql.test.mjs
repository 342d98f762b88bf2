// urql: queries, mutations, trusted documents by id, subscriptions over graphql-ws.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { document, idOf, OLD_AGE_ALLOWANCE, readyDraft, socketUrl, url } from './lib.mjs';

const urql = (exchanges, fetchOptions) =>
  new Client({ url, exchanges, preferGetMethod: false, fetchOptions });

test('a query is answered, and so is an error', async () => {
  const client = urql([fetchExchange], { headers: { 'accept-language': 'en' } });
  const good = await client.query(document('ServiceItem'), OLD_AGE_ALLOWANCE).toPromise();
  assert.equal(good.error, undefined);
  assert.match(good.data.serviceItem.name, /old-age allowance/i);
  const bad = await client
    .query('query ($d: String!) { serviceItems(division: $d) { pageInfo { hasNextPage } } }', {
      d: '999999',
    })
    .toPromise();
  assert.equal(bad.error.graphQLErrors[0].extensions.code, 'UNKNOWN_DIVISION');
});

test('one of the house’s own documents is asked for by its id alone', async () => {
  const bodies = [];
  const watching = (address, options) => {
    bodies.push(JSON.parse(options.body));
    return fetch(address, options);
  };
  const text = document('ConsentText');
  const persisted = persistedExchange({
    enforcePersistedQueries: true,
    enableForMutation: true,
    preferGetForPersistedQueries: false,
    generateHash: async () => idOf(text),
  });
  const client = new Client({
    url,
    exchanges: [persisted, fetchExchange],
    fetch: watching,
    preferGetMethod: false,
  });
  const { data, error } = await client.query(text, { kind: 'FACE_VERIFICATION' }).toPromise();
  assert.equal(error, undefined);
  assert.ok(data.consentText.version);
  assert.equal(bodies.length, 1);
  assert.equal(bodies[0].query, undefined);
});

test('a subscription follows a case over graphql-ws', async () => {
  const { token, id } = await readyDraft();
  const socket = createClient({
    url: socketUrl,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
  });
  const client = urql([
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: (request) => ({
        subscribe: (sink) => ({ unsubscribe: socket.subscribe(request, sink) }),
      }),
    }),
  ]);
  const first = await new Promise((resolve, reject) => {
    const { unsubscribe } = client
      .subscription(document('ApplicationChanged'), { id })
      .subscribe(({ data, error }) => {
        if (error) reject(error);
        else resolve(data.applicationChanged);
        setTimeout(() => unsubscribe(), 0);
      });
  });
  assert.equal(first.state, 'DRAFT');
  await socket.dispose();
});
