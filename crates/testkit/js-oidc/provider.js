// A real identity provider (npm's oidc-provider, certified by the OpenID Foundation) on a free loopback port, for tests.
//
// node provider.js REDIRECT_URI ALGORITHM PEOPLE: prints its port. PEOPLE is a JSON file, read at each login:
// {"ann": ["noc"]} is a person with groups. Everybody's password is right.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const [redirect, algorithm, people] = process.argv.slice(2);

function key(kind, options, alg) {
  const { privateKey } = generateKeyPairSync(kind, options);
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg, kid: alg };
}

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [
      {
        client_id: 'topmast',
        client_secret: 'a secret of 32 characters and more',
        redirect_uris: [redirect],
        response_types: ['code'],
        grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
        id_token_signed_response_alg: algorithm,
      },
    ],
    jwks: {
      keys: [key('rsa', { modulusLength: 2048 }, 'RS256'), key('ec', { namedCurve: 'P-256' }, 'ES256')],
    },
    cookies: { keys: ['for tests'] },
    pkce: { required: () => true },
    // Codes for terminals, unless DEVICES says no.
    features: { deviceFlow: { enabled: process.env.DEVICES !== 'no' } },
    scopes: ['openid', 'profile', 'groups'],
    claims: { openid: ['sub'], profile: ['preferred_username'], groups: ['groups'] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        preferred_username: id.split('#')[0],
        groups: JSON.parse(readFileSync(people, 'utf8'))[id] ?? [],
      }),
    }),
  });
  server.on('request', provider.callback());
  console.log(port);
});
