// A real SMTP server for the tests, which misbehaves as its recipients' names ask. It ends when its stdin does.
// Arguments: the folder of what arrives, the packages' folder, options of the server as JSON, and, for TLS and a login, key, certificate, user and password.
const [folder, packages, options, key, cert, user, password] = process.argv.slice(2);
const fs = require('fs');
const path = require('path');
const { SMTPServer } = require(path.join(packages, 'smtp-server'));

let arrived = 0;
const seen = new Map();
const times = (word) => { const n = (seen.get(word) || 0) + 1; seen.set(word, n); return n; };
const fault = (code, text) => Object.assign(new Error(text), { responseCode: code });
// "busy-2@example.org": the word busy and the number 2.
const asked = (address) => { const [, word, number] = /^([a-z]+)-?(\d*)/.exec(address) || []; return { word, number: Number(number || 1) }; };
const hangUp = (session) => { for (const c of server.connections) if (c.id === session.id) c._socket.destroy(); };

const knows = (auth) => auth.method === 'CRAM-MD5' ? auth.validatePassword(password) : (auth.accessToken || auth.password) === password;

const server = new SMTPServer({
  ...JSON.parse(options),
  disabledCommands: key ? [] : ['STARTTLS', 'AUTH'],
  authOptional: !key,
  ...(key ? { key: fs.readFileSync(key), cert: fs.readFileSync(cert) } : {}),
  disableReverseLookup: true,
  size: 10_000_000,
  onAuth: (auth, session, done) =>
    auth.username === user && knows(auth) ? done(null, { user }) : done(fault(535, 'who are you?')),
  onRcptTo: ({ address }, session, done) => {
    const { word, number } = asked(address);
    if (word === 'gone') return done(fault(550, 'nobody of that name lives here'));
    if (word === 'busy' && times(address) <= number) return done(fault(450, 'come back later'));
    if (word === 'hang' && times(address) <= number) return hangUp(session);
    if (word === 'stall') return;
    setTimeout(() => done(), word === 'wait' ? number * 100 : 0);
  },
  onData: (stream, session, done) => {
    const parts = [];
    const { address } = session.envelope.rcptTo[0];
    const { word, number } = asked(address);
    if (word === 'cut' && times(address) <= number) { hangUp(session); return; }
    stream.on('data', (part) => parts.push(part));
    stream.on('end', () => {
      if (word === 'spam') return done(fault(554, 'this looks like spam'));
      if (word === 'full' && times(address) <= number) return done(fault(452, 'the disk is full'));
      if (word === 'lost' && times(address) <= number) return hangUp(session);
      arrived += 1;
      fs.writeFileSync(path.join(folder, `${String(arrived).padStart(4, '0')}-${address}.eml`), Buffer.concat(parts));
      // The first is taken as it should be, the second and those after it are taken without a word.
      if (word === 'drop' || (word === 'second' && times(address) > number)) return hangUp(session);
      setTimeout(() => done(null, 'taken'), word === 'slow' ? number * 100 : 0);
    });
  },
});
server.on('error', (e) => { if (!/ECONNRESET|EPIPE/.test(String(e))) console.error(String(e)); });
server.listen(0, '127.0.0.1', () => console.log(server.server.address().port));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
