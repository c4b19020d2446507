// Sends signed messages with the npm package libas2 and prints what it makes of each
// MDN, and answers messages as a server: libas2 opens them and makes the receipts. The job
// comes as one line of JSON on standard input, whose end ends the server.
const crypto = require('crypto')
const http = require('http')
const readline = require('readline')
const { AS2Composer, AS2Parser, request } = require('libas2')

async function send (job, ask, encrypt) {
  const composer = new AS2Composer({
    message: { filename: 'order.x12', content: job.content, contentType: 'application/edi-x12' },
    agreement: {
      host: {
        name: 'Kestrel', id: 'KESTREL-AS2', url: 'http://kestrel.example/as2',
        certificate: job.cert, privateKey: job.key, sign: ask.sign,
        mdn: { async: false, signing: ask.mdn }
      },
      partner: { name: 'Aurelia', id: 'AURELIA-AS2', url: job.url, file: 'EDIX12', certificate: job.theirs, encrypt, verify: true }
    }
  })
  const options = await composer.toRequestOptions()
  const { headers, body } = options
  const answer = await request(options)
  const mdn = await answer.mime()
  const read = await mdn.dispositionIn(ask.mdn ? { cert: job.theirs } : undefined)
  const n = read.notification
  console.log(JSON.stringify({
    status: answer.statusCode, processed: n.disposition.processed, text: n.disposition.description || null,
    about: n.originalMessageId, sent: composer.message.messageId(),
    mic: n.receivedContentMic.mic, own: encrypt ? null : digest(headers, body, n.receivedContentMic.algorithm)
  }))
}

// digest is over the first part of the multipart that was sent.
function digest (headers, sent, algorithm) {
  const body = Buffer.from(sent).toString('latin1')
  const mark = '--' + /boundary="?([^";]+)/.exec(headers['Content-Type'] || headers['content-type'])[1]
  const from = body.indexOf(mark) + mark.length + 2
  const part = body.slice(from, body.indexOf('\r\n' + mark, from))
  return crypto.createHash(algorithm.replace('-', '')).update(part, 'latin1').digest('base64')
}

// take opens what came and answers the receipt that is asked for. libas2 reads a body that
// is not text only in base64, which is how it is handed over.
async function take (job, req, body) {
  const h = req.headers
  let head = ''
  for (let i = 0; i < req.rawHeaders.length; i += 2) head += req.rawHeaders[i] + ': ' + req.rawHeaders[i + 1] + '\r\n'
  const encrypted = /pkcs7-mime/i.test(h['content-type'])
  if (encrypted) {
    head += 'Content-Transfer-Encoding: base64\r\n'
    body = Buffer.from(body.toString('base64').replace(/.{76}/g, '$&\r\n'))
  }
  const node = await AS2Parser.parse(Buffer.concat([Buffer.from(head + '\r\n'), body]))
  const options = h['disposition-notification-options'] || ''
  const digest = /micalg\s*=\s*[a-z]+\s*,\s*([\w-]+)/i.exec(options)
  const made = await node.dispositionOut({
    agreement: {
      host: { name: 'Kestrel', id: 'KESTREL-AS2', url: 'http://kestrel.example/as2', certificate: job.cert, privateKey: job.key, decrypt: encrypted },
      partner: {
        name: 'Aurelia', id: 'AURELIA-AS2', url: job.url, certificate: job.theirs, verify: true,
        mdn: { async: false, signing: /pkcs7-signature/i.test(options) && digest[1].toLowerCase().replace(/^sha(\d)/, 'sha-$1') }
      }
    }
  })
  return (await made.dispositionNode.build()).toString('latin1')
}

function serve (job) {
  const server = http.createServer(async (req, res) => {
    const chunks = []
    for await (const chunk of req) chunks.push(chunk)
    try {
      const mdn = await take(job, req, Buffer.concat(chunks))
      const end = mdn.indexOf('\r\n\r\n')
      for (const line of mdn.slice(0, end).replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
        const colon = line.indexOf(':')
        res.setHeader(line.slice(0, colon), line.slice(colon + 1).trim())
      }
      res.end(Buffer.from(mdn.slice(end + 4), 'latin1'))
    } catch (e) {
      res.statusCode = 500
      res.end(String(e.stack))
    }
  })
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(server)))
}

// Some versions of Node open no keys by PKCS #1.
function opensPKCS1 (job) {
  try {
    const padding = crypto.constants.RSA_PKCS1_PADDING
    crypto.privateDecrypt({ key: job.key, padding }, crypto.publicEncrypt({ key: job.cert, padding }, Buffer.from('key')))
    return true
  } catch (e) { return false }
}

async function main () {
  const lines = readline.createInterface({ input: process.stdin })
  const ended = new Promise(resolve => lines.once('close', resolve))
  const job = JSON.parse(await new Promise(resolve => lines.once('line', resolve)))
  const server = await serve(job)
  console.log(JSON.stringify({ port: server.address().port, pkcs1: opensPKCS1(job) }))
  for (const ask of job.asks) await send(job, ask, ask.encrypt)
  await ended
  server.close()
  server.closeAllConnections()
}

main().catch(e => { console.error(e); process.exit(1) })
