package adjust

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/db/job"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/promo"
)

// Service keeps notices. Every method checks the actor first; what its company has no side
// on does not exist for it.
type Service struct {
	db      *db.DB
	events  Publisher
	funds   *fund.Service
	promos  *promo.Service
	catalog *catalog.Service
}

// New makes the service; events may be nil in tests that do not look at them.
func New(d *db.DB, events Publisher, funds *fund.Service, promos *promo.Service, cat *catalog.Service) *Service {
	return &Service{db: d, events: events, funds: funds, promos: promos, catalog: cat}
}

func (s *Service) change(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.InTx(db.WithOrgs(ctx, a.Org), fn)
}

func (s *Service) view(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.View(db.WithOrgs(ctx, a.Org), fn)
}

// Incoming is a claim that a distributor sent.
type Incoming struct {
	Doc         *doc.Claim
	Supplier    string
	Reseller    string
	Partnership string
	Interchange string
	SetNo       int
}

// Received is what became of it.
type Received struct {
	Notice  Notice
	Outcome Outcome
}

// Receive judges an 844 and books what is to be paid of it; the actor is the supplier's
// system. It joins the transaction of ctx. The same set is taken once, and the same claim in
// another interchange is a duplicate. Publishes EventTaken.
// Codes: NotFound, Forbidden (a person).
func (s *Service) Receive(ctx context.Context, actor access.Actor, in Incoming) (Received, error) {
	if err := access.Check(actor, access.ClaimDecide, access.Shared(in.Supplier, in.Reseller)); err != nil {
		return Received{}, err
	}
	if actor.Person != "" || actor.Org != in.Supplier {
		return Received{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	var out Received
	err := s.change(ctx, actor, func(ctx context.Context) error {
		sum := sha256.Sum256([]byte(db.Text(in.Doc)))
		r := noticeRow{ID: db.NewID(), OwnerID: in.Supplier, OrgID: in.Reseller, PartnershipID: in.Partnership, Number: cut(in.Doc.Number, 60), Purpose: in.Doc.Purpose, IssuedOn: in.Doc.Date, Digest: hex.EncodeToString(sum[:]), State: Booked, InterchangeID: in.Interchange, SetNo: int64(in.SetNo), Received: db.Micros(db.Now(ctx))}
		if err := inTurn(ctx, in.Partnership); err != nil {
			return err
		}
		old, err := noticeBySet(ctx, in.Interchange, in.SetNo)
		if err == nil {
			out = Received{old.notice(), outcome(old)}
			return nil
		}
		if fault.CodeOf(err) != fault.NotFound {
			return err
		}
		earlier, err := numbered(ctx, r.OwnerID, r.OrgID, r.Number)
		if err != nil {
			return err
		}
		last, err := lastWord(ctx, r.OwnerID, r.OrgID, r.Number)
		if err == nil && last.Digest == r.Digest && last.Purpose == r.Purpose {
			out = Received{last.notice(), Duplicate}
			return nil
		}
		if err != nil && fault.CodeOf(err) != fault.NotFound {
			return err
		}
		var parts []partRow
		var lines []lineRow
		switch {
		case r.Purpose == "01":
			r.State = Cancelled
			if err = s.dissolve(ctx, actor, earlier, ""); err == nil {
				err = s.takeOff(ctx, actor, earlier, nil)
			}
		case r.Purpose != "05" && len(earlier) > 0:
			r.State, r.Reason = Refused, WhyNumberUsed
		default:
			parts, lines, err = s.book(ctx, actor, &r, in.Doc, earlier)
		}
		if err != nil {
			return err
		}
		if err := insertNotice(ctx, r, parts, lines); err != nil {
			return err
		}
		if err := audit.Write(ctx, audit.Entry{Org: actor.Org, Via: actor.Via, Action: "claim.notice", SubjectKind: DocumentNotice, SubjectID: r.ID, Outcome: audit.Done}); err != nil {
			return err
		}
		out = Received{r.notice(), outcome(r)}
		if s.events == nil {
			return nil
		}
		return s.events.Publish(ctx, job.Event{Kind: EventTaken, Version: 1, Orgs: []string{r.OwnerID, r.OrgID}, Object: r.ID, Payload: Event{Notice: ID(r.ID), Supplier: r.OwnerID, Reseller: r.OrgID, Partnership: r.PartnershipID, State: r.State}})
	})
	return out, err
}

func outcome(r noticeRow) Outcome {
	if r.State == Refused {
		return Nothing
	}
	return Taken
}

// dissolve takes what is open of earlier notices back, and gives them a state, "" for none.
func (s *Service) dissolve(ctx context.Context, actor access.Actor, earlier []noticeRow, state string) error {
	for _, x := range earlier {
		rows, err := linesOf(ctx, x.ID)
		if err != nil {
			return err
		}
		by := map[fund.ClaimID][]int{}
		for _, l := range rows {
			by[fund.ClaimID(l.ClaimID)] = append(by[fund.ClaimID(l.ClaimID)], int(l.Position))
		}
		if state != "" { // first: it is not answered any more
			if err := setState(ctx, x.ID, state); err != nil {
				return err
			}
		}
		if err := s.supersede(ctx, actor, by); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) supersede(ctx context.Context, actor access.Actor, by map[fund.ClaimID][]int) error {
	ids := make([]fund.ClaimID, 0, len(by))
	for id := range by {
		ids = append(ids, id)
	}
	slices.Sort(ids) // claims are always locked in one order
	for _, id := range ids {
		if err := s.funds.Supersede(ctx, actor, id, by[id]); err != nil {
			return err
		}
	}
	return nil
}

// book makes a claim of every contract. Where the notice takes the place of earlier ones,
// what it does not repeat is taken back.
func (s *Service) book(ctx context.Context, actor access.Actor, r *noticeRow, d *doc.Claim, earlier []noticeRow) ([]partRow, []lineRow, error) {
	var parts []partRow
	var lines []lineRow
	was := before{lines: map[place]bool{}}
	for _, x := range earlier {
		rows, err := linesOf(ctx, x.ID)
		if err != nil {
			return nil, nil, err
		}
		for _, l := range rows {
			was.claims = append(was.claims, fund.ClaimID(l.ClaimID))
			was.lines[place{l.ClaimID, int(l.Position)}] = true
		}
	}
	if err := s.dissolve(ctx, actor, earlier, Replaced); err != nil {
		return nil, nil, err
	}
	if len(was.lines) > 0 { // before anything is judged: what is free again may be claimed by another line
		again, known, err := s.repeated(ctx, actor, r, d)
		if err == nil && known {
			err = s.takeOff(ctx, actor, earlier, again)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	some := false
	for i := range d.Contracts {
		c := &d.Contracts[i]
		p := partRow{NoticeID: r.ID, Part: int64(i + 1), OwnerID: r.OwnerID, OrgID: r.OrgID, Number: cut(c.Number, 60)}
		got, err := s.contract(ctx, actor, r, d, c, &p, was)
		if err != nil {
			return nil, nil, err
		}
		some = some || p.Reason == ""
		parts, lines = append(parts, p), append(lines, got...)
	}
	if !some {
		r.State = Refused
	}
	return parts, lines, nil
}

// names are the numbers by which a contract may be known: its own and those it refers to.
func names(c *doc.ClaimContract) []string {
	out := []string{strings.TrimSpace(c.Number)}
	for _, f := range c.Refs {
		if f.Qualifier == "PD" && f.Value != "" {
			out = append(out, strings.TrimSpace(f.Value))
		}
	}
	for _, l := range c.Lines {
		for _, f := range l.Refs {
			if f.Qualifier == "PD" && f.Value != "" && len(out) < 5 && !slices.Contains(out, f.Value) {
				out = append(out, strings.TrimSpace(f.Value))
			}
		}
	}
	return out
}

// footing is what a contract is under: a promotion, else a request.
type footing struct {
	basis   *promo.Basis
	request fund.Request
	today   string // where the programme of a request is
	reason  string // of Reasons: it is under nothing
}

// subject is the id of what it is.
func (f footing) subject() string {
	if f.basis != nil {
		return string(f.basis.Promotion)
	}
	return string(f.request.ID)
}

func (f footing) currency() money.Currency {
	if f.basis != nil {
		return f.basis.Currency
	}
	return f.request.Asked.Currency
}

// under finds what a contract is under.
func (s *Service) under(ctx context.Context, actor access.Actor, r *noticeRow, c *doc.ClaimContract) (footing, error) {
	if len(c.Lines) > fund.MostLines {
		return footing{reason: WhyLong}, nil
	}
	out := footing{reason: WhyUnknown}
	for _, number := range names(c) {
		b, err := s.promos.Basis(ctx, actor, number, r.OrgID)
		switch fault.CodeOf(err) {
		case fault.NotFound:
			continue
		case fault.Conflict:
			out.reason = WhyOffInvoice
			continue
		case fault.Invalid:
			out.reason = WhyInactive
			continue
		}
		return footing{basis: &b}, err
	}
	of, today, err := s.funds.Numbered(ctx, actor, r.OrgID, strings.TrimSpace(c.Number))
	if fault.CodeOf(err) == fault.NotFound {
		return out, nil
	}
	return footing{request: of, today: today}, err
}

// contract judges one contract and books it.
func (s *Service) contract(ctx context.Context, actor access.Actor, r *noticeRow, d *doc.Claim, c *doc.ClaimContract, p *partRow, was before) ([]lineRow, error) {
	on, err := s.under(ctx, actor, r, c)
	if p.Reason = on.reason; err != nil || on.reason != "" {
		return nil, err
	}
	cmd := fund.ClaimCmd{Number: r.Number, Source: fund.SourceEDI, After: was.claims}
	if on.basis == nil {
		of := on.request
		cmd.Program, cmd.Request, cmd.Nature, cmd.Title = of.Program, of.ID, fund.NatureService, of.Title
		return s.take(ctx, actor, r, d, c, p, cmd, on, was, func(lines []line, _ []string) ([]fund.Verdict, error) {
			now, today, err := s.funds.Numbered(ctx, actor, r.OrgID, strings.TrimSpace(c.Number)) // a correction may have freed some of it
			return activity(now, lines, today), err
		})
	}
	p.Subject = on.basis.Number
	cmd.Program, cmd.Nature, cmd.Title = on.basis.Program, fund.NatureRebate, on.basis.Terms.Title
	return s.take(ctx, actor, r, d, c, p, cmd, on, was, func(lines []line, has []string) ([]fund.Verdict, error) {
		b, err := s.promos.Basis(ctx, actor, on.basis.Number, r.OrgID) // likewise
		if err != nil {
			return nil, err
		}
		j := newJudgement(b, day(ctx, b.Terms.Zone), false)
		j.look = slices.DeleteFunc(slices.Clone(j.proof), func(p string) bool { return !slices.Contains(has, p) })
		j.proof = slices.DeleteFunc(slices.Clone(j.proof), func(p string) bool { return slices.Contains(has, p) })
		out := make([]fund.Verdict, len(lines))
		for i, l := range lines {
			out[i] = j.verdict(l)
		}
		return out, nil
	})
}

// day is today where a promotion is.
func day(ctx context.Context, zone string) string {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return db.Now(ctx).In(loc).Format(time.DateOnly)
}

// take books the lines of a contract. One whose key a line has that was granted for the
// same amount is that line, and so is one by which a correction claims less of it; one that
// nobody has decided makes room for it. Where a correction claims more of a line than was
// granted, what was granted stands and the difference is a line of its own, judged as a new
// one. Goods that came back are taken off the line by which they were claimed. The files of the
// claims in whose place it comes are its own: judge is told for which proof there is one.
func (s *Service) take(ctx context.Context, actor access.Actor, r *noticeRow, d *doc.Claim, c *doc.ClaimContract, p *partRow, cmd fund.ClaimCmd, on footing, was before, judge func(lines []line, has []string) ([]fund.Verdict, error)) ([]lineRow, error) {
	subject, currency := on.subject(), on.currency()
	read, err := s.read(ctx, actor, r, d, c, currency)
	if err != nil {
		return nil, err
	}
	keys := make([]string, len(read))
	var sales []string
	for i := range read {
		keys[i] = key(subject, r.Number, &c.Lines[i], read[i])
		if read[i].back {
			sales = append(sales, soldKeys(subject, r.Number, c.Lines[i], read[i])...)
		}
	}
	standing, err := s.funds.Keyed(ctx, actor, r.OrgID, currency, slices.Concat(raised(keys), raised(sales)))
	if err != nil {
		return nil, err
	}
	var out []lineRow
	var fresh []line
	forced := map[int]fund.Verdict{} // of lines that are decided whatever the documents say
	gone := map[fund.ClaimID][]int{}
	used := map[string]bool{}
	for i, l := range read {
		k := keys[i]
		at := lineRow{NoticeID: r.ID, Part: p.Part, Line: int64(i + 1), OwnerID: r.OwnerID, OrgID: r.OrgID}
		old, has := standing[k]
		of := chain(standing, k)
		asked, stands := of.sums()
		mine := has
		for _, x := range of {
			mine = mine && was.lines[place{string(x.Claim), x.Position}]
		}
		granted := has && (old.Granted() || old.Verdict == fund.LineCounter)
		same := granted && !used[k] && (asked == l.asked.Minor || stands == l.asked.Minor || mine && old.Verdict == fund.LineCounter) && l.asked.Currency == currency
		corrects := old.Granted() && !used[k] && mine && r.Purpose == "05" && !l.back && l.asked.Currency == currency && l.asked.Minor > 0
		lower, more := corrects && !same && l.asked.Minor < stands, corrects && !same && l.asked.Minor > stands && len(of) <= fund.MostRaises
		if lower {
			if err := s.lower(ctx, actor, of, l.asked.Minor); err != nil {
				return nil, err
			}
		}
		if same || lower || more {
			used[k] = true
			p.ClaimID = cmp.Or(p.ClaimID, string(old.Claim))
			for n, x := range of {
				at.ClaimID, at.Position, at.Line = string(x.Claim), int64(x.Position), rowOf(i+1, n)
				out = append(out, at)
			}
			if !more {
				continue
			}
			at.ClaimID, at.Line = "", rowOf(i+1, len(of))
			l.asked.Minor -= stands
			l.had, l.hadOf, k = stands, of.quantity(), fund.RaiseKey(k, of.free())
		}
		l.position = len(fresh) + 1
		x := fund.LineCmd{Text: said(&c.Lines[i]), SKU: l.sku, On: cmp.Or(l.on, r.IssuedOn), Quantity: max(0, l.quantity-l.hadOf), Amount: money.Amount{Minor: max(0, l.asked.Minor), Currency: currency}}
		switch {
		case more:
		case granted || used[k]:
			forced[l.position], k = fund.Verdict{Verdict: fund.LineRejected, Reason: "claimed_before"}, ""
		case has:
			gone[old.Claim] = append(gone[old.Claim], old.Position)
		}
		if l.back && k != "" {
			counter, err := s.counter(ctx, actor, standing, soldKeys(subject, r.Number, c.Lines[i], l), l)
			if err != nil {
				return nil, err
			}
			if counter.BackLine > 0 {
				x.Back, x.BackOf, x.BackLine, x.Amount.Minor = counter.Back, counter.BackOf, counter.BackLine, 0
				forced[l.position] = fund.Verdict{Verdict: fund.LineCounter}
			}
		}
		if k != "" {
			used[k] = true
		}
		x.Key, at.Position = k, int64(l.position)
		out, fresh = append(out, at), append(fresh, l)
		cmd.Lines = append(cmd.Lines, x)
	}
	if err := s.supersede(ctx, actor, gone); err != nil {
		return nil, err
	}
	if len(fresh) == 0 {
		return out, nil
	}
	for id := range gone {
		cmd.After = append(cmd.After, id)
	}
	has, err := s.proven(ctx, actor, &cmd)
	if err != nil {
		return nil, err
	}
	verdicts, err := judge(fresh, has)
	if err != nil {
		return nil, err
	}
	for i := range verdicts {
		if v, ok := forced[verdicts[i].Position]; ok {
			v.Position = verdicts[i].Position
			verdicts[i] = v
		}
	}
	claim, err := s.funds.Book(ctx, actor, r.OrgID, cmd, verdicts)
	if err != nil {
		return nil, err
	}
	p.ClaimID = string(claim.ID)
	for i := range out {
		if out[i].ClaimID == "" {
			out[i].ClaimID = string(claim.ID)
		}
	}
	return out, nil
}

// proven are the pieces of proof that a claim has from those in whose place it comes; of
// these only the ones of the same money with files stay.
func (s *Service) proven(ctx context.Context, actor access.Actor, cmd *fund.ClaimCmd) ([]string, error) {
	ids := slices.Clone(cmd.After)
	slices.Sort(ids)
	cmd.After = nil
	var has []string
	for _, id := range slices.Compact(ids) {
		if id == "" {
			continue
		}
		c, err := s.funds.GetClaim(ctx, actor, id)
		if err != nil {
			return nil, err
		}
		if c.Program != cmd.Program || c.Request != cmd.Request || len(c.Files) == 0 {
			continue
		}
		cmd.After = append(cmd.After, id)
		for _, f := range c.Files {
			if f.Verdict != fund.ProofRefused {
				has = append(has, f.Item)
			}
		}
	}
	return has, nil
}

// key is what a line stands for: a line of an invoice of the claimant under what is agreed
// (practice.md 9). Without an invoice it is the line of this claim.
func key(subject, number string, l *doc.ClaimLine, x line) string {
	invoice, at := "", ""
	for _, f := range l.Refs {
		switch {
		case f.Qualifier == "IV" && invoice == "":
			invoice = f.Value
		case f.Qualifier == "LI" && at == "":
			at = f.Value
		}
	}
	if invoice == "" {
		invoice, at = "claim "+number, l.Number
	}
	item := cmp.Or(x.sku, l.VendorItem, l.BuyerItem, l.GTIN)
	return fmt.Sprintf("edi:%s:%s:%s:%s:%s", subject, cut(invoice, 50), cut(at, 20), cut(item, 40), l.Transfer)
}

// said is a line in the words of its sender.
func said(l *doc.ClaimLine) string {
	for _, f := range l.Refs {
		if f.Qualifier == "IV" && f.Value != "" {
			return cut(f.Value, 200)
		}
	}
	return cut(cmp.Or(l.Description, l.VendorItem, l.BuyerItem, l.GTIN, l.Number), 200)
}

// soldDates are the dates of a line that say when it was sold, the best first (DTM01: 003
// invoice, 006 sold, 011 shipped, 004 order).
var soldDates = []string{"003", "006", "011", "004"}

// read takes the lines of a contract in our words.
func (s *Service) read(ctx context.Context, actor access.Actor, r *noticeRow, d *doc.Claim, c *doc.ClaimContract, currency money.Currency) ([]line, error) {
	items := make([]catalog.ItemKey, len(c.Lines))
	for i := range c.Lines {
		l := &c.Lines[i]
		items[i] = catalog.ItemKey{SKU: l.VendorItem, BuyerItem: l.BuyerItem, GTIN: l.GTIN}
	}
	var found []catalog.Item
	for part := range slices.Chunk(items, 1000) {
		got, err := s.catalog.Resolve(ctx, actor, r.OwnerID, r.OrgID, part)
		if err != nil {
			return nil, err
		}
		found = append(found, got...)
	}
	out := make([]line, len(c.Lines))
	for i := range c.Lines {
		l := &c.Lines[i]
		x := line{position: i + 1, back: l.Transfer == "RU"}
		for _, q := range soldDates {
			if k := slices.IndexFunc(l.Dates, func(t doc.Date) bool { return t.Qualifier == q }); k >= 0 && x.on == "" {
				if _, err := time.Parse(time.DateOnly, l.Dates[k].Date); err == nil {
					x.on = l.Dates[k].Date
				}
			}
		}
		count(&x, l, found[i], currency)
		if said := cmp.Or(l.Currency, d.Currency); said != "" && said != string(currency) {
			x.asked.Currency = money.Currency(said)
		}
		out[i] = x
	}
	return out, nil
}

// count says how many base units of its product a line is about and what it asks for. The
// unit of a line without one is that of its item: of the pack whose GTIN it names.
func count(x *line, l *doc.ClaimLine, of catalog.Item, c money.Currency) {
	n, err := money.ParseMicro(string(l.Quantity))
	said := l.Quantity != "" && (err != nil || n != 0)
	if err != nil || n < 0 {
		n = 0
	}
	if !of.Found {
		x.asked = asked(l, n, nil, c)
		return
	}
	p := of.Product
	x.sku, x.family = p.SKU, p.Family
	pieces, ok := p.Pieces(n, cmp.Or(l.Unit, of.Unit))
	x.quantity, x.odd = pieces, said && !ok
	x.asked = asked(l, pieces, p.Factor, c)
}
