// Sends signed messages with the npm package libas2 and prints what it makes of each
// MDN. The job comes as JSON on standard input.
const crypto = require('crypto')
const { AS2Composer, request } = require('libas2')

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

async function main () {
  let input = ''
  for await (const chunk of process.stdin) input += chunk
  const job = JSON.parse(input)
  for (const ask of job.asks) await send(job, ask, ask.encrypt)
}

main().catch(e => { console.error(e); process.exit(1) })
