// A real identity provider (npm's oidc-provider, certified by the OpenID Foundation) on a free loopback port, for tests.
//
// node provider.js REDIRECT_URI ALGORITHM PEOPLE: prints its port. PEOPLE is a JSON file, read at each login:
// {"ann": ["noc"]} is a person with groups. Everybody's password is right.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const [redirect, algorithm, people] = process.argv.slice(2);
// Codes for terminals, unless DEVICES says no; then the client is a native one.
const devices = process.env.DEVICES !== 'no';

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
        // Of a native client's address on this machine the port does not count (RFC 8252, 7.3): a terminal listens there.
        ...(devices
          ? { redirect_uris: [redirect] }
          : { application_type: 'native', redirect_uris: [redirect, 'http://127.0.0.1/callback'] }),
        response_types: ['code'],
        grant_types: [
          'authorization_code',
          ...(devices ? ['urn:ietf:params:oauth:grant-type:device_code'] : []),
        ],
        id_token_signed_response_alg: algorithm,
      },
    ],
    jwks: {
      keys: [key('rsa', { modulusLength: 2048 }, 'RS256'), key('ec', { namedCurve: 'P-256' }, 'ES256')],
    },
    cookies: { keys: ['for tests'] },
    pkce: { required: () => true },
    features: { deviceFlow: { enabled: devices } },
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
