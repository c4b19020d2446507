package adjust

import (
	"cmp"
	"math"
	"math/big"
	"strings"
	"time"

	"entente/edi/doc"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/promo"
)

// patience is how many days a line waits for what shows it: documents, a step of a volume
// after its window, or the files that the terms ask for.
const patience = 30

// line is one line of a claim in our words.
type line struct {
	position int
	sku      string // "" for an item that nobody knows
	family   string
	on       string         // the day of the sale or the invoice, "" where it is not said
	quantity money.Quantity // base units, 0 where it is not said
	odd      bool           // it counts in a unit that the product is not sold in
	asked    money.Amount
	back     bool // goods came back
	// Of a line that was raised after it was granted: what stands already, in minor units, and of
	// how many of its units. asked is the difference, quantity the whole.
	had   int64
	hadOf money.Quantity
}

type lotKey struct {
	document string
	line     int
}

// judgement judges the lines of one contract one after the other: what one takes is not
// there for the next.
type judgement struct {
	basis promo.Basis
	today string
	last  bool                   // nothing is waited for any more
	proof []string               // what the terms ask for and has no file
	look  []string               // and what has one at which nobody of the supplier has looked
	lots  map[string][]promo.Lot // by item, the oldest first
	left  map[lotKey]int64
	sku   map[string]int64 // of it by item, less what came back
	whole int64
	back  int64 // what came back of all items: returns, and what was claimed of less by now
}

// newJudgement judges a claim that has just come: no document carries the proof.
func newJudgement(b promo.Basis, today string, last bool) *judgement {
	j := &judgement{basis: b, today: today, last: last, proof: b.Terms.Proof, lots: map[string][]promo.Lot{}, left: map[lotKey]int64{}, sku: map[string]int64{}, whole: b.Left}
	had := map[lotKey]int64{}
	for _, c := range b.Claimed {
		had[lotKey{c.Order, c.Line}] += c.Asked.Minor
	}
	for _, l := range b.Lots {
		k := lotKey{l.Document, l.Line}
		n := l.Earned - had[k]
		if l.Earned > 0 {
			n = max(0, n)
		}
		j.left[k] = n
		j.back += max(0, -n)
		if l.Earned > 0 {
			j.back += max(0, had[k]-l.Earned)
			delete(had, k)
		}
		j.sku[l.SKU] += n
		j.lots[l.SKU] = append(j.lots[l.SKU], l)
	}
	for _, n := range had { // of documents that earn nothing any more
		j.back += n
	}
	return j
}

// claimBy is the last day on which something may be claimed.
func claimBy(t promo.Terms) string {
	if t.ClaimBy != "" {
		return t.ClaimBy
	}
	return addDays(t.Until, 90)
}

func addDays(day string, n int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, n).Format(time.DateOnly)
}

func rejected(l line, reason string) fund.Verdict {
	return fund.Verdict{Position: l.position, Verdict: fund.LineRejected, Reason: reason}
}

// verdict judges one line: by itself first, then by what the documents show.
func (j *judgement) verdict(l line) fund.Verdict {
	t := j.basis.Terms
	fits := t.Covers(strings.ToUpper(l.sku), l.family)
	switch {
	case l.back || l.asked.Minor < 0:
		return rejected(l, fund.ReasonReturn)
	case l.asked.Currency != j.basis.Currency:
		return rejected(l, fund.ReasonCurrency)
	case l.sku == "" || !fits:
		return rejected(l, "wrong_product")
	case j.today > claimBy(t):
		return rejected(l, fund.ReasonLate)
	case l.on != "" && l.on < t.From, l.on > t.Until && (t.By == promo.ByResale || t.By == promo.ByInvoice):
		return rejected(l, "wrong_window")
	case l.odd:
		return rejected(l, fund.ReasonUnit)
	case l.asked.Minor == 0:
		return rejected(l, "wrong_price")
	}
	out := j.shown(l)
	if most, ok := j.most(l); out.Verdict == fund.LinePending && l.had > 0 && l.quantity <= l.hadOf && ok && most < l.asked.Minor {
		return rejected(l, "wrong_price") // no document makes the same goods dearer
	}
	return out
}

// most is what was agreed for the quantity of a line, less what stands of it; false where the
// line says no quantity or no document shows the allowance.
func (j *judgement) most(l line) (int64, bool) {
	each := j.each(l.sku)
	if l.quantity <= 0 || each <= 0 {
		return 0, false
	}
	a, err := money.Extend(l.quantity, each, l.asked.Currency)
	return max(0, a.Minor-l.had), err == nil
}

// shown judges a line by what the documents show of it, and by the proof the terms ask for.
// What waits takes nothing.
func (j *judgement) shown(l line) fund.Verdict {
	out := j.documented(l)
	switch {
	case len(j.proof)+len(j.look) == 0 || out.Verdict == fund.LineRejected:
		return out
	case out.Verdict == fund.LinePending:
		lack, _ := fund.LackOf(out.Missing)
		return j.waits(l, out.Reason, lack)
	}
	j.giveBack(l.sku, out.Parts)
	switch {
	case len(j.proof) == 0: // it waits for the supplier, however long that takes
		return j.waits(l, "no_proof", fund.Lack{Word: fund.LackLook})
	case j.last:
		return rejected(l, "no_proof")
	}
	return j.waits(l, "no_proof", fund.Lack{Word: fund.LackProof})
}

// waits is the verdict on a line that lacks something: for a step until the invoices and
// reports of its window are in, for all else from now on.
func (j *judgement) waits(l line, reason string, lack fund.Lack) fund.Verdict {
	names := j.proof
	if lack.Word == fund.LackLook {
		names = j.look
	}
	lack.Proof = cut(strings.Join(names, ", "), 200)
	due := addDays(j.today, patience)
	if lack.Word == fund.LackStep {
		due = max(due, addDays(j.basis.Terms.Until, patience))
	}
	return fund.Verdict{Position: l.position, Verdict: fund.LinePending, Reason: reason, Missing: lack.String(), Due: due}
}

// documented judges a line by what the documents show of it.
func (j *judgement) documented(l line) fund.Verdict {
	want, each := l.asked.Minor, j.each(l.sku)
	dear := false // it asks for more than was agreed for that quantity
	if most, ok := j.most(l); ok && most < want {
		want, dear = most, true
	}
	if dear && want == 0 { // what stands is all that was agreed for that quantity
		return rejected(l, "wrong_price")
	}
	rest := max(0, j.sku[l.sku]) // by the documents, whether there is money for it or not
	got, parts := j.take(l.sku, want)
	out := fund.Verdict{Position: l.position, Parts: parts, Amount: money.Amount{Minor: got, Currency: l.asked.Currency}}
	if got < l.asked.Minor {
		if lack, ok := j.below(l, each); ok {
			switch {
			case !j.last:
				j.giveBack(l.sku, parts)
				return j.waits(l, fund.ReasonStep, lack)
			case got == 0:
				return rejected(l, fund.ReasonStep)
			}
			out.Verdict, out.Reason = fund.LineChanged, fund.ReasonStep
			return out
		}
	}
	switch {
	case got == l.asked.Minor:
		out.Verdict, out.Amount = fund.LineAccepted, money.Amount{}
	case got == want && got > 0:
		out.Verdict, out.Reason = fund.LineChanged, "wrong_price"
	case j.returned(l.sku, got, want):
		if got == 0 {
			return rejected(l, fund.ReasonReturn)
		}
		out.Verdict, out.Reason = fund.LineChanged, fund.ReasonReturn
		return out
	case !j.last && !j.beyond(l, want, rest, each):
		j.giveBack(l.sku, parts)
		word := fund.LackInvoices
		if j.basis.Terms.By == promo.ByResale {
			word = fund.LackReports
		}
		return j.waits(l, "no_proof", fund.Lack{Word: word})
	case got > 0:
		out.Verdict, out.Reason = fund.LineChanged, "over_quantity"
	case j.last:
		return rejected(l, "no_proof")
	default:
		return rejected(l, "over_quantity")
	}
	if dear && out.Verdict == fund.LineChanged && got < want {
		out.Reason = "over_quantity"
	}
	return out
}

// below says which step of the volume a line asks for that is not reached: the documents
// show the goods of a line, and at that step they would earn what it asks for. Below the
// first step nothing says the price of the goods, so it is that one.
func (j *judgement) below(l line, each money.Price) (fund.Lack, bool) {
	at, seen := j.basis.Volume, j.basis.Counts[l.sku]
	if at == nil || at.Next == nil || seen <= 0 || l.quantity > seen {
		return fund.Lack{}, false
	}
	quantity := l.quantity
	if quantity == 0 { // it is not said: at most all of it
		quantity = seen
	}
	now, err := money.Extend(quantity, each, l.asked.Currency)
	if now.Minor -= l.had; err != nil || now.Minor >= l.asked.Minor { // it asks for no more than the step that holds
		return fund.Lack{}, false
	}
	for _, t := range j.basis.Terms.Tiers {
		if t.From <= at.Volume {
			continue
		}
		if at.Step == 0 || atStep(now.Minor, at.Step, t.Percent) >= l.asked.Minor {
			return fund.Lack{Word: fund.LackStep, Step: t.From, More: t.From - at.Volume}, true
		}
	}
	return fund.Lack{}, false
}

// atStep is what an amount at one step comes to at another, rounded up.
func atStep(minor int64, now, then money.Rate) int64 {
	n := new(big.Int).Mul(big.NewInt(minor), big.NewInt(int64(then)))
	n.Add(n, big.NewInt(int64(now)-1))
	n.Quo(n, big.NewInt(int64(now)))
	if !n.IsInt64() {
		return math.MaxInt64
	}
	return n.Int64()
}

// each is the allowance for one unit of an item, 0 where no document shows it yet.
func (j *judgement) each(sku string) money.Price {
	most := money.Price(0)
	for _, l := range j.lots[sku] {
		most = max(most, l.Allowance)
	}
	if part := j.basis.Terms.Parts; most == 0 && j.basis.Terms.Kind == promo.Amount && len(part) == 1 {
		most = part[0].Allow
	}
	return most
}

// beyond says that the documents show the goods and that they are over what was agreed:
// more documents would change nothing. rest is what was still to be claimed of the item.
func (j *judgement) beyond(l line, want, rest int64, each money.Price) bool {
	seen := j.basis.Seen[l.sku]
	if seen <= 0 || each <= 0 {
		return false
	}
	all, err := money.Extend(seen, each, l.asked.Currency)
	if err != nil {
		return false
	}
	earned := int64(0)
	for _, x := range j.lots[l.sku] {
		earned += x.Earned
	}
	gone := max(0, earned-rest) // claimed before
	return all.Minor-gone >= want
}

// returned says that the documents show all that a line asks for, and that less is there only
// since goods came back: no document is missing. While other claims hold money nothing says so.
func (j *judgement) returned(sku string, got, want int64) bool {
	all := got
	for _, l := range j.lots[sku] {
		all += max(0, j.left[lotKey{l.Document, l.Line}])
	}
	return j.basis.Held == 0 && all >= want && want-got <= j.back
}

// take takes up to an amount of what is left of an item, the oldest document first.
func (j *judgement) take(sku string, want int64) (int64, []fund.Part) {
	want = min(want, j.sku[sku], j.whole)
	got, parts := int64(0), []fund.Part(nil)
	for _, l := range j.lots[sku] {
		k := lotKey{l.Document, l.Line}
		n := min(want-got, j.left[k])
		if n <= 0 {
			continue
		}
		j.left[k] -= n
		j.sku[sku] -= n
		j.whole -= n
		got += n
		parts = append(parts, fund.Part{Order: l.Document, Line: l.Line, Minor: n})
	}
	return got, parts
}

// giveBack undoes take.
func (j *judgement) giveBack(sku string, parts []fund.Part) {
	for _, p := range parts {
		j.left[lotKey{p.Order, p.Line}] += p.Minor
		j.sku[sku] += p.Minor
		j.whole += p.Minor
	}
}

// activity judges lines of a claim under a request for market development: as a claim that
// is filed on the pages, only when the partner has taken it and it has begun; by the days of
// the activity, the money that is left for it and the proof it asks for, which no document
// carries: it is added on the pages.
func activity(of fund.Request, lines []line, today string) []fund.Verdict {
	left := of.Left.Minor
	out := make([]fund.Verdict, 0, len(lines))
	for _, l := range lines {
		v := fund.Verdict{Position: l.position, Verdict: fund.LineAccepted}
		switch {
		case l.back || l.asked.Minor < 0:
			v = rejected(l, fund.ReasonReturn)
		case l.asked.Currency != of.Asked.Currency:
			v = rejected(l, fund.ReasonCurrency)
		case of.State != fund.ReqRunning && of.State != fund.ReqExecuted:
			v = rejected(l, "not_eligible")
		case today > of.ClaimBy:
			v = rejected(l, fund.ReasonLate)
		case l.on != "" && (l.on < of.From || l.on > of.Until):
			v = rejected(l, "wrong_window")
		case l.asked.Minor == 0:
			v = rejected(l, "wrong_price")
		case l.asked.Minor > left && left <= 0:
			v = rejected(l, "over_quantity")
		case len(of.Proof) > 0:
			v = fund.Verdict{Position: l.position, Verdict: fund.LinePending, Reason: "no_proof", Missing: cut(strings.Join(of.Proof, ", "), 300), Due: of.ClaimBy}
		case l.asked.Minor > left:
			v = fund.Verdict{Position: l.position, Verdict: fund.LineChanged, Reason: "over_quantity", Amount: money.Amount{Minor: left, Currency: l.asked.Currency}}
		}
		switch v.Verdict {
		case fund.LineAccepted:
			left -= l.asked.Minor
		case fund.LineChanged:
			left = 0
		}
		out = append(out, v)
	}
	return out
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// asked is what a line asks for: its amount (AMT02), else its base units at the difference of
// the distributor's price and that of the contract (UIT03 DI and CT, each for a unit of
// UIT01, which holds so many base units). What does not fit asks for nothing.
func asked(l *doc.ClaimLine, pieces money.Quantity, holds func(unit string) (money.Quantity, bool), c money.Currency) money.Amount {
	none := money.Amount{Currency: c}
	if said := l.Claimed(); said != "" {
		n, err := money.ParseMicro(string(said))
		if err != nil {
			return none
		}
		a, err := money.Extend(money.One, max(n, -n), c)
		if err != nil {
			return none
		}
		if n < 0 {
			a.Minor = min(-a.Minor, -1)
		}
		return a
	}
	own, agreed := new(big.Rat), new(big.Rat)
	for _, p := range l.Prices {
		n, err := money.ParseMicro(string(p.Price))
		if err != nil || holds == nil || p.Basis != "DI" && p.Basis != "CT" {
			continue
		}
		size, ok := holds(cmp.Or(p.Unit, l.Unit))
		if !ok || size <= 0 {
			continue
		}
		if each := big.NewRat(int64(n), int64(size)); p.Basis == "DI" {
			own = each
		} else {
			agreed = each
		}
	}
	if own.Sign() <= 0 || agreed.Sign() <= 0 || own.Cmp(agreed) < 0 {
		return none
	}
	worth := new(big.Rat).Mul(own.Sub(own, agreed), big.NewRat(int64(pieces), 1)) // at 10^-6
	n := new(big.Int).Quo(worth.Num(), worth.Denom())
	if !n.IsInt64() {
		return none
	}
	a, err := money.Extend(money.One, money.Price(n.Int64()), c)
	if err != nil {
		return none
	}
	return a
}
