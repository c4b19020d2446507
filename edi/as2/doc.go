// Package as2 is AS2 (RFC 4130, 5402, 6017, 6362) as a codec: a message and an
// agreement become a header and a body, a header and a body become documents and a
// verdict. It opens no connection, keeps nothing and has no state; one process serves
// any number of partners, each with algorithms of its own.
//
// Sending. The agreement and the keys of the moment make a request, which is sent and
// sent again byte for byte; what is kept of it (Sent) judges the MDN, in the reply or
// days later at our door:
//
//	rel := as2.Relation{Agreement: agreement, Keys: as2.Choose(ours, theirs, now)}
//	req, err := as2.Pack(as2.Message{ID: as2.NewID(host), Date: now, Payloads: docs}, rel)
//	// store req.Header, req.Body and req.Sent; POST them; then with the reply:
//	replyBody, err := as2.ReadBody(reply.Body, reply.ContentLength, as2.Limits{Body: 1 << 20})
//	report, err := as2.ParseMDN(as2.HeaderOf(reply.Header), replyBody, limits)
//	if err != nil {
//		verdict = as2.VerdictOf(err)
//	} else {
//		verdict = report.Check(req.Sent, rel.Keys.Verify, agreement.AllowSHA1).Verdict
//	}
//
// Receiving. An MDN comes through the same door as messages. What Open gives can be
// answered also beside an error, which is a *Failure with the disposition for the
// partner and the reason for our own people:
//
//	body, err := as2.ReadBody(r.Body, r.ContentLength, limits) // ErrTooLarge: 413
//	if as2.IsMDN(header, body) { … ParseMDN, find Sent by OriginalID, Check … }
//	got, err := as2.Open(header, body, find, limits)
//	verdict := as2.Processed
//	var f *as2.Failure
//	if errors.As(err, &f) {
//		verdict = f.Disposition
//	}
//	// store got.Payloads and the answer in one transaction; only then reply:
//	answer, err := got.Answer(as2.MDN{ID: as2.NewID(host), Date: now, Agent: agent, Disposition: verdict})
//
// Trust is the pinned certificate of the agreement (Keys.Verify). A certificate in a
// message is never believed, and a reply is never success because it arrived: see
// Verdict.
//
// An agreement that asks for no signature authenticates nobody: the names of a message
// are then a claim, and the caller needs another proof of who sent it.
//
// Memory. A body of at most Limits.Body is held once by the caller, once decrypted and
// once decompressed or decoded: at most three times the limit for binary contents, four
// when compressed base64 is inside encryption. Payloads are slices of what was read
// wherever nothing had to be decoded. OpenBody takes a body from a file instead and puts
// what it decrypts, inflates and decodes into files of Limits.Spool, and PackIn does the same
// for what is sent: memory then is bounded whatever the size and the layers. What AES-GCM
// authenticates is read twice there, since nothing of it is decrypted before its tag was
// verified.
package as2
