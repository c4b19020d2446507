package courier

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"entente/db"
	"entente/db/audit"
	"entente/db/blob"
	"entente/db/fail"
	"entente/edi/as2"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/fault"
)

// Arrival is a request as it came to the door.
type Arrival struct {
	Header as2.Header
	Body   as2.Body // in memory, or in a file where it is large
	// Grow, where set, is asked before a message that came small becomes large: what was
	// compressed. If it says no the message may come again.
	Grow func() bool
	Addr string // the caller's address, for the log
}

// Reply is what the door answers.
type Reply struct {
	Status int
	Header as2.Header
	Body   []byte
}

// plainText is the header of an answer for people.
var plainText = as2.Header{{Name: "Content-Type", Value: "text/plain; charset=utf-8"}}

// agent names us in receipts.
const agent = "entente"

// maxEvidence bounds the rows kept of messages of one pair that did not prove where
// they come from, in an hour; maxSources the sources told apart among the others that
// were refused for one company, or for nobody we know, in an hour.
const (
	maxEvidence = 60
	maxSources  = 100
)

// Receive takes a message or an asynchronous receipt from a station. The receipt is
// answered, or on its way, only once message, receipt and interchanges are durable
// together. A repetition is answered with the stored receipt, byte for byte. What is
// refused changes nothing but a line of evidence.
func (s *Service) Receive(ctx context.Context, in Arrival) Reply {
	head, err := in.Body.At(0, receiptHead)
	if err != nil {
		return s.busy(err)
	}
	if as2.IsMDN(in.Header, head) {
		return s.receipt(ctx, in)
	}
	files := &tempFiles{dir: s.Temp, grow: in.Grow}
	defer files.close()
	var route Route
	var broken error
	got, err := as2.OpenBody(in.Header, in.Body, func(from, to string) (as2.Relation, bool) {
		rel, r, ok, err := s.known(ctx, from, to)
		route, broken = r, err
		return rel, ok
	}, as2.Limits{Body: int(s.opt.Limit), Spool: files.make})
	if broken != nil {
		return s.busy(broken)
	}
	var failure *as2.Failure
	if err != nil && !errors.As(err, &failure) {
		return s.busy(err)
	}
	if failure == nil && got.Ask.Async != "" {
		if ok, err := s.mayCallBack(ctx, route.Sender, got.Ask.Async); err != nil {
			return s.busy(err)
		} else if !ok {
			failure = &as2.Failure{Disposition: as2.UnexpectedError, Reason: "receipt_host"}
			got.Ask.Async = "" // told in the reply: nobody is called who was not agreed
		}
	}
	if failure != nil {
		return s.refuse(ctx, in, got, route, failure)
	}
	return s.take(ctx, in, got, route)
}

// known finds the relation of a pair of names whose receiver lives here.
func (s *Service) known(ctx context.Context, from, to string) (rel as2.Relation, r Route, ok bool, err error) {
	err = s.DB.View(ctx, func(ctx context.Context) error {
		if r, err = s.Names.Route(ctx, from, to); err != nil || r.Partnership == "" {
			return err
		}
		rel, ok, err = s.relation(ctx, r, r.Sender, to, from, r.Receiver, r.Sender, db.Now(ctx))
		return err
	})
	if !ok {
		r = Route{}
	}
	return rel, r, ok, err
}

// mayCallBack says whether a receipt may be sent to an address: its host is that of the
// company's station, or one that the company named.
func (s *Service) mayCallBack(ctx context.Context, org, address string) (ok bool, err error) {
	u, err := url.Parse(address)
	if err != nil || !goodURL(address) {
		return false, nil
	}
	err = s.DB.View(db.WithOrgs(ctx, org), func(ctx context.Context) error {
		st, err := stationOf(ctx, org)
		if err != nil {
			return err
		}
		host, bare := strings.ToLower(u.Host), strings.ToLower(u.Hostname())
		if own, err := url.Parse(st.URL); err == nil && own.Host != "" && strings.EqualFold(own.Hostname(), bare) {
			ok = true
		}
		ok = ok || slices.Contains(st.ReceiptHosts, host) || slices.Contains(st.ReceiptHosts, bare)
		return nil
	})
	return ok, err
}

// busy answers a failure of our own: the station tries again with the same message.
func (s *Service) busy(err error) Reply {
	s.Log.Error("an AS2 message could not be taken", slog.Any("cause", err))
	return Reply{Status: http.StatusServiceUnavailable, Header: as2.Header{{Name: "Retry-After", Value: "60"}}, Body: []byte("Please send the same message again.\n")}
}

// bare is a Message-ID as it is compared and stored.
func bare(id string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(id), "<"), ">")
}

// receiptHead is how much of a body is looked at to know a receipt.
const receiptHead = 256 << 10

// smallBody is how much of an interchange is packed in memory.
const smallBody = 2 << 20

// tempFiles are what is opened, or packed, of one large message.
type tempFiles struct {
	dir   string
	grow  func() bool // nil: yes
	files []*os.File
}

func (t *tempFiles) make() (as2.File, error) {
	if len(t.files) == 0 && t.grow != nil && !t.grow() {
		return nil, errors.New("courier: no room for what a message grows to")
	}
	f, err := gateway.Unnamed(t.dir)
	if err == nil {
		t.files = append(t.files, f)
	}
	return f, err
}

// keep takes what is to be packed: large ones into a file.
func (t *tempFiles) keep(r io.Reader, size int64) (as2.Body, string, error) {
	h := sha256.New()
	r = io.TeeReader(r, h)
	if size <= smallBody {
		b, err := io.ReadAll(r)
		return as2.InMemory(b), hex.EncodeToString(h.Sum(nil)), err
	}
	f, err := t.make()
	if err != nil {
		return as2.Body{}, "", err
	}
	n, err := io.Copy(f, r)
	return as2.InFile(f, int(n)), hex.EncodeToString(h.Sum(nil)), err
}

func (t *tempFiles) close() {
	for _, f := range t.files {
		_ = f.Close()
	}
}

// contentHash tells the documents of two messages apart, however they were wrapped.
func contentHash(payloads []as2.Payload) (string, error) {
	h := sha256.New()
	for i := range payloads {
		fmt.Fprintf(h, "%d ", payloads[i].Size())
		if _, err := io.Copy(h, payloads[i].Reader()); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// looksLikeEDI says of each document whether it is one for the gateway.
func looksLikeEDI(payloads []as2.Payload) ([]bool, error) {
	out := make([]bool, len(payloads))
	for i := range payloads {
		head, err := payloads[i].Head(4 << 10)
		if err != nil {
			return nil, err
		}
		out[i] = gateway.LooksLikeEDI(head)
	}
	return out, nil
}

// rowOfMessage begins the row of a message that came in; the hash of its body is left out.
func (s *Service) rowOfMessage(in Arrival, got *as2.Received, r Route) messageRow {
	return messageRow{
		ID: db.NewID(), Direction: In, PartnershipID: r.Partnership, SupplierID: r.Supplier, ResellerID: r.Reseller, SenderID: r.Sender, ReceiverID: r.Receiver,
		As2From: got.From, As2To: got.To, MessageID: bare(got.MessageID), Headers: headerText(in.Header), Size: int64(in.Body.Len()),
		Mic: got.MIC.String(), MicAlgorithm: got.MIC.Name, Security: strings.Join(securityOf(got), ","), ReceiptURL: got.Ask.Async,
		Lane: r.Partnership + ":as2:" + r.Sender,
	}
}

func securityOf(got *as2.Received) []string {
	var out []string
	if got.Signature != nil {
		w := "signed " + string(got.Signature.Hash)
		if got.Signature.PSS {
			w += " pss"
		}
		out = append(out, w)
	}
	if got.Encryption != nil {
		w := "encrypted " + string(got.Encryption.Cipher)
		if got.Encryption.OAEP {
			w += " oaep"
		}
		out = append(out, w)
	}
	if got.Compressed {
		out = append(out, "compressed")
	}
	return out
}

// headerText keeps a header; secrets do not stand in those of AS2.
func headerText(h as2.Header) string {
	kept := make(as2.Header, 0, len(h))
	for _, f := range h {
		switch strings.ToLower(f.Name) {
		case "authorization", "cookie", "proxy-authorization":
		default:
			kept = append(kept, as2.Field{Name: strings.ToValidUTF8(f.Name, "?"), Value: strings.ReplaceAll(strings.ToValidUTF8(f.Value, "?"), "\x00", "")})
		}
	}
	b, err := json.Marshal(kept)
	if err != nil {
		panic(err) // plain values only
	}
	return string(b)
}

func headerOf(text string) as2.Header {
	var h as2.Header
	_ = json.Unmarshal([]byte(text), &h)
	return h
}

// refuse answers a message that is not taken. Of a known pair a row stays as evidence,
// of which there is never more than a bounded number and which is in nobody's way; the
// others are counted by source and hour, and the first of them stands in the audit log.
func (s *Service) refuse(ctx context.Context, in Arrival, got *as2.Received, route Route, why *as2.Failure) Reply {
	s.Log.Warn("an AS2 message was refused", slog.String("reason", string(why.Reason)), slog.String("addr", in.Addr), slog.Any("cause", why.Err))
	var reply Reply
	var mdn *as2.Request
	var err error
	if got.From == "" || got.To == "" || got.MessageID == "" {
		reply = Reply{Status: http.StatusBadRequest, Header: plainText,
			Body: []byte("AS2-From, AS2-To and Message-ID must each be there once (RFC 4130 6.2, 5.3.3).\n")}
	} else if reply, mdn, err = s.answer(got, why.Disposition, why.Reason); err != nil {
		return s.busy(err)
	} else if !got.Ask.Wanted || got.Ask.Async != "" && route.Partnership == "" {
		// No receipt will say it.
		reply = Reply{Status: http.StatusBadRequest, Header: plainText, Body: []byte(receiptWords(got, why.Disposition, why.Reason) + "\n")}
	}
	row := s.rowOfMessage(in, got, route)
	if route.Partnership != "" { // evidence
		h := sha256.New()
		if _, err := io.Copy(h, in.Body.Reader()); err != nil {
			return s.busy(err)
		}
		row.BodyHash = hex.EncodeToString(h.Sum(nil))
	}
	row.State, row.Disposition, row.Reason = string(Refused), why.Disposition.String(), string(why.Reason)
	err = s.DB.InTx(db.WithOrgs(ctx, route.Supplier, route.Reseller), func(ctx context.Context) error {
		row.Happened = db.Micros(db.Now(ctx))
		row.Settled = row.Happened
		kept := false
		if route.Partnership != "" {
			n, err := refusedSince(ctx, row.As2From, row.As2To, row.Happened-3600*1e6)
			if err != nil {
				return err
			}
			if kept = n < maxEvidence; kept {
				s.keepReceipt(&row, mdn, got)
				if _, err := insertMessage(ctx, &row); err != nil {
					return err
				}
				if row.NextAt > 0 {
					if err := s.wake(ctx); err != nil {
						return err
					}
				}
			}
		}
		line := audit.Entry{Org: route.Receiver, Via: "as2", Action: "as2.receive", SubjectKind: "as2_message", SubjectID: row.ID, Outcome: audit.Denied, Addr: in.Addr}
		if !kept {
			line.SubjectKind, line.SubjectID = "", ""
			first, err := countRefused(ctx, refusedRow{
				OrgID: route.Receiver, Addr: nameOf(in.Addr), FirstAt: row.Happened, LastAt: row.Happened, As2From: nameOf(got.From), As2To: nameOf(got.To), Reason: row.Reason,
			})
			if err != nil || !first {
				return err
			}
		}
		return audit.Write(ctx, line)
	})
	if err != nil {
		return s.busy(err)
	}
	return reply
}

// answer makes the receipt of a message and the reply of the door: the receipt, or
// nothing where none is wanted or it goes on a way of its own.
func (s *Service) answer(got *as2.Received, d as2.Disposition, why as2.Reason) (Reply, *as2.Request, error) {
	empty := Reply{Status: http.StatusOK}
	if !got.Ask.Wanted {
		return empty, nil, nil
	}
	mdn, err := got.Answer(as2.MDN{ID: as2.NewID(agent), Date: s.DB.Clock(), Agent: agent, Disposition: d, Text: receiptWords(got, d, why)})
	if err != nil {
		return Reply{}, nil, err
	}
	if got.Ask.Async != "" {
		return empty, mdn, nil
	}
	return Reply{Status: http.StatusOK, Header: mdn.Header, Body: mdn.Body}, mdn, nil
}

// keepReceipt puts the receipt into the row, due to be sent where it goes on a way of
// its own.
func (s *Service) keepReceipt(row *messageRow, mdn *as2.Request, got *as2.Received) {
	if mdn == nil {
		return
	}
	row.ReceiptHeaders, row.Receipt = headerText(mdn.Header), mdn.Body
	if got.Ask.Async != "" {
		row.NextAt = row.Happened
	}
}

// stored is the reply to a repetition: the receipt as it was.
func stored(row *messageRow) Reply {
	if len(row.Receipt) == 0 || row.ReceiptURL != "" {
		return Reply{Status: http.StatusOK}
	}
	return Reply{Status: http.StatusOK, Header: headerOf(row.ReceiptHeaders), Body: row.Receipt}
}

// errRepeated says that the message is there already, found while storing it.
var errRepeated = errors.New("courier: the message came before")

// take stores a message that is what it claims to be, with its receipt and what it
// carries, in one transaction.
func (s *Service) take(ctx context.Context, in Arrival, got *as2.Received, route Route) Reply {
	row := s.rowOfMessage(in, got, route)
	var err error
	if row.ContentHash, err = contentHash(got.Payloads); err != nil {
		return s.busy(err)
	}
	edi, err := looksLikeEDI(got.Payloads)
	if err != nil {
		return s.busy(err)
	}
	row.Proved, row.State = true, string(Received)
	var names []string
	for _, p := range got.Payloads {
		names = append(names, strings.ReplaceAll(p.FileName, "\n", " "))
	}
	row.FileNames = strings.Join(names, "\n")
	if earlier, err := s.earlier(ctx, route, &row); err != nil {
		return s.busy(err)
	} else if earlier != nil {
		return s.repeated(ctx, in, got, route, earlier, &row)
	}
	reply, mdn, err := s.answer(got, as2.Processed, "")
	if err != nil {
		return s.busy(err)
	}
	row.Disposition = as2.Processed.String()
	original, err := s.Blobs.Stage(ctx, in.Body.Reader(), s.opt.Limit)
	if err != nil {
		return s.busy(err)
	}
	row.Blob, row.BodyHash = original.Hash, original.Hash
	if err := s.edge(fail.AS2Staged); err != nil {
		return s.busy(err)
	}
	if isEcho(got) && !slices.Contains(edi, true) {
		return s.takeEcho(ctx, in, got, route, row, mdn, reply, original)
	}
	_, err = s.Gateway.Receive(ctx, access.Station("as2:"+got.From, route.Sender), gateway.Submission{
		Reader: documents(got.Payloads, edi), Door: "as2", Receiver: route.Receiver,
		Also: func(ctx context.Context, a gateway.Answer) error {
			r := row // fn may run again
			r.Happened = db.Micros(db.Now(ctx))
			r.Settled, r.SubmissionID = r.Happened, a.Submission
			var ids []string
			for _, i := range a.Interchanges {
				ids = append(ids, i.ID)
			}
			r.Interchanges = strings.Join(ids, ",")
			s.keepReceipt(&r, mdn, got)
			isNew, err := insertMessage(ctx, &r)
			if err != nil {
				return err
			}
			if !isNew {
				return errRepeated
			}
			if err := original.Insert(ctx); err != nil {
				return err
			}
			if err := s.witness(ctx, r.PartnershipID, r.SupplierID, r.ResellerID, r.SenderID, signerOf(got), HowMessage, access.Actor{}); err != nil {
				return err
			}
			if err := s.edge(fail.AS2Storing); err != nil {
				return err
			}
			if r.NextAt > 0 {
				return s.wake(ctx)
			}
			return nil
		},
	})
	if err == nil {
		err = s.edge(fail.AS2Stored)
	}
	switch {
	case err == nil:
		return reply
	case errors.Is(err, errRepeated):
		return s.met(ctx, in, got, route, &row)
	}
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.Conflict, fault.TooLarge:
		d := as2.UnexpectedError
		if fault.KeyOf(err) == "edi.sender_not_yours" {
			d = as2.AuthenticationFailed
		}
		return s.refuse(ctx, in, got, route, &as2.Failure{Disposition: d, Reason: as2.Reason(fault.KeyOf(err)), Err: err})
	}
	return s.busy(err)
}

// met answers a message that another call stored meanwhile.
func (s *Service) met(ctx context.Context, in Arrival, got *as2.Received, route Route, row *messageRow) Reply {
	earlier, err := s.earlier(ctx, route, row)
	if err != nil || earlier == nil {
		return s.busy(errors.Join(errRepeated, err))
	}
	return s.repeated(ctx, in, got, route, earlier, row)
}

// takeEcho stores a test message of a partner with its receipt, and nothing else.
func (s *Service) takeEcho(ctx context.Context, in Arrival, got *as2.Received, route Route, row messageRow, mdn *as2.Request, reply Reply, original *blob.Staged) Reply {
	err := s.DB.InTx(db.WithOrgs(ctx, route.Supplier, route.Reseller), func(ctx context.Context) error {
		r := row // fn may run again
		r.Happened = db.Micros(db.Now(ctx))
		r.Settled = r.Happened
		s.keepReceipt(&r, mdn, got)
		isNew, err := insertMessage(ctx, &r)
		if err == nil && !isNew {
			err = errRepeated
		}
		if err == nil {
			err = original.Insert(ctx)
		}
		if err == nil {
			err = s.witness(ctx, r.PartnershipID, r.SupplierID, r.ResellerID, r.SenderID, signerOf(got), HowMessage, access.Actor{})
		}
		if err == nil && r.NextAt > 0 {
			err = s.Jobs.Wake(ctx, drainName)
		}
		return err
	})
	switch {
	case err == nil:
		return reply
	case errors.Is(err, errRepeated):
		return s.met(ctx, in, got, route, &row)
	}
	return s.busy(err)
}

func (s *Service) earlier(ctx context.Context, route Route, row *messageRow) (out *messageRow, err error) {
	err = s.DB.View(db.WithOrgs(ctx, route.Supplier, route.Reseller), func(ctx context.Context) error {
		out, err = provedMessage(ctx, In, row.As2From, row.As2To, row.MessageID)
		return err
	})
	return out, err
}

// repeated answers a Message-ID that was taken before: the same content gets the stored
// receipt; other content is refused, and both companies are told.
func (s *Service) repeated(ctx context.Context, in Arrival, got *as2.Received, route Route, earlier, row *messageRow) Reply {
	if earlier.ContentHash == row.ContentHash {
		if earlier.ReceiptURL != "" {
			err := s.DB.InTx(db.WithOrgs(ctx, route.Supplier, route.Reseller), func(ctx context.Context) error {
				if _, err := changeMessage(ctx, earlier.ID, map[string]any{"next_at": db.Micros(db.Now(ctx)), "attempts": 0}, "next_at = 0"); err != nil {
					return err
				}
				return s.wake(ctx)
			})
			if err != nil {
				return s.busy(err)
			}
		}
		return stored(earlier)
	}
	err := s.DB.InTx(db.WithOrgs(ctx, route.Supplier, route.Reseller), func(ctx context.Context) error {
		told := *earlier
		told.Reason = "message_id_reused"
		return s.tell(ctx, EventMisused, &told)
	})
	if err != nil {
		return s.busy(err)
	}
	return s.refuse(ctx, in, got, route, &as2.Failure{Disposition: as2.UnexpectedError, Reason: "message_id_reused"})
}

// documents are the interchanges of a message, one after the other; attachments of
// other kinds are kept with the message only. Where none looks like EDI, the first
// stands for all: the gateway says what is wrong with it.
func documents(payloads []as2.Payload, edi []bool) io.Reader {
	var all []io.Reader
	for i := range payloads {
		if edi[i] {
			if len(all) > 0 {
				all = append(all, strings.NewReader("\n"))
			}
			all = append(all, payloads[i].Reader())
		}
	}
	if len(all) == 0 && len(payloads) > 0 {
		return payloads[0].Reader()
	}
	return io.MultiReader(all...)
}
