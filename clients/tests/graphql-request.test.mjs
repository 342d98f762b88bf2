// graphql-request: the small client of scripts and servers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientError, GraphQLClient } from 'graphql-request';
import { citizen, document, key, OLD_AGE_ALLOWANCE, url } from './lib.mjs';

test('a query and a mutation are answered', async () => {
  const client = new GraphQLClient(url, { headers: { 'accept-language': 'en' } });
  const { serviceItem } = await client.request(document('ServiceItem'), OLD_AGE_ALLOWANCE);
  assert.equal(serviceItem.organ.name, '德清县民政局');
  client.setHeader('authorization', `Bearer ${await citizen()}`);
  const { me } = await client.request(document('Me'));
  assert.equal(me.platform, 'WECHAT');
  const { signOut } = await client.request(document('SignOut'), {
    input: { idempotencyKey: key() },
  });
  assert.ok(Date.parse(signOut.at) <= Date.now() + 60_000);
});

test('a document that does not fit is an error with a code', async () => {
  const client = new GraphQLClient(url);
  await assert.rejects(client.request('{ nothing }'), (error) => {
    assert.ok(error instanceof ClientError);
    assert.equal(error.response.errors[0].extensions.code, 'DOCUMENT_INVALID');
    return true;
  });
});
