// One node of the cluster: an aedes broker whose sessions, retained and queued messages lie in
// Redis, with the hub's own accounts and access list.
// node node.mjs NAME PORT REDIS_PORT ACCOUNTS_FOLDER
import { createServer } from 'node:net'
import { pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Aedes } from 'aedes'
import emitter from 'mqemitter-redis'
import persistence from 'aedes-persistence-redis'

const [name, port, redisPort, folder] = process.argv.slice(2)
// Without enableReadyCheck: false the node ends at once when Redis is still loading its file.
const redis = { host: '127.0.0.1', port: Number(redisPort), enableReadyCheck: false }

function lines (file) {
  return readFileSync(join(folder, file), 'ascii').split('\n')
}

// name:$7$iterations$salt$hash, as mosquitto_passwd writes it.
function isRight (username, password) {
  const found = lines('passwords').find((line) => line.startsWith(`${username}:`))
  if (!found || !password) return false
  const [, , iterations, salt, hash] = found.split('$')
  const wanted = Buffer.from(hash, 'base64')
  const made = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(iterations), wanted.length, 'sha512')
  return timingSafeEqual(made, wanted)
}

function rulesOf (username) {
  const rules = []
  let user = ''
  for (const line of lines('access')) {
    const [word, what, topic] = line.split(' ')
    if (word === 'user') user = what
    else if (word === 'topic' && user === username) rules.push({ what, levels: topic.split('/') })
  }
  return rules
}

// A subscription's own wildcard is a level like any other: it must be allowed by the same one.
function isAllowed (client, way, topic) {
  const levels = topic.split('/')
  return client.rules.some(({ what, levels: rule }) => what.includes(way) &&
    rule.every((level, at) => level === '#' ||
      (levels[at] !== undefined && levels[at] !== '#' && (level === '+' || level === levels[at]))) &&
    (rule.at(-1) === '#' || rule.length === levels.length))
}

// aedes asks once for every topic of a SUBSCRIBE, each time with all of them; the persistence keeps
// one answer under their first name, so that all but the last would wait for ever.
function sessions () {
  const found = persistence(redis)
  const add = found.addSubscriptions.bind(found)
  const asked = new WeakMap()
  found.addSubscriptions = (client, subscriptions) => {
    if (!asked.has(subscriptions)) asked.set(subscriptions, add(client, subscriptions))
    return asked.get(subscriptions)
  }
  return found
}

const broker = await Aedes.createBroker({
  id: name,
  mq: emitter(redis),
  persistence: sessions(),
  authenticate (client, username, password, done) {
    const known = client.id === username && isRight(username, password)
    client.rules = known ? rulesOf(username) : []
    done(null, known)
  },
  authorizePublish (client, packet, done) {
    // client is null for the last will of a node that died
    const ok = client === null || isAllowed(client, 'write', packet.topic)
    done(ok ? null : new Error('not allowed'))
  },
  authorizeSubscribe (client, subscription, done) {
    done(null, isAllowed(client, 'read', subscription.topic) ? subscription : null)
  }
})
// A node that lost Redis cannot say what it forgot: it ends, and is started again.
broker.mq.state.on('error', (error) => { throw error })
createServer(broker.handle).listen(Number(port), '127.0.0.1', () => console.log(`${name} listens on ${port}`))
