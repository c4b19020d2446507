package promo

import (
	"slices"
	"strconv"
	"strings"

	"entente/prm/money"
)

// Change is one place where two texts differ. Field is also the end of the locale key
// "promofield.<field>"; Org names the company a part is of. Was and Now are values as Kind
// says: "text", "date", "word" (the end of a key "promoword.<word>"), "percent" (a ratio),
// "number", "money" (minor units of Currency), "price", "yes". An empty one: there was none.
type Change struct {
	Field    string
	Org      string
	Kind     string
	Currency money.Currency
	Was, Now string
}

// Diff says how to gets from one text to another, in the order in which people read terms.
func Diff(was, now Terms) []Change {
	var out []Change
	add := func(field, kind, a, b string) {
		if a != b {
			out = append(out, Change{Field: field, Kind: kind, Was: a, Now: b})
		}
	}
	add("title", "text", was.Title, now.Title)
	add("summary", "text", was.Summary, now.Summary)
	add("kind", "word", was.Kind, now.Kind)
	add("percent", "percent", number(was.Percent), number(now.Percent))
	add("buy", "number", number(was.Buy), number(now.Buy))
	add("free", "number", number(was.Free), number(now.Free))
	add("free_sku", "text", was.FreeSKU, now.FreeSKU)
	add("tiers", "text", tierText(was.Tiers), tierText(now.Tiers))
	add("cumulative", "yes", yes(was.Cumulative), yes(now.Cumulative))
	add("families", "text", gone(was.Families, now.Families), gone(now.Families, was.Families))
	add("fixed", "yes", yes(was.Fixed), yes(now.Fixed))
	add("within", "text", gone(was.Within, now.Within), gone(now.Within, was.Within))
	add("skus", "text", gone(was.SKUs, now.SKUs), gone(now.SKUs, was.SKUs))
	add("settle", "word", was.Settle, now.Settle)
	add("by", "word", was.By, now.By)
	add("from", "date", was.From, now.From)
	add("until", "date", was.Until, now.Until)
	add("ship_by", "date", was.ShipBy, now.ShipBy)
	add("back_days", "number", count(was.BackDays), count(now.BackDays))
	add("zone", "text", was.Zone, now.Zone)
	add("prices", "text", was.Prices, now.Prices)
	add("countries", "text", strings.Join(was.Countries, ", "), strings.Join(now.Countries, ", "))
	add("audience", "text", was.Audience, now.Audience)
	add("quoted", "yes", yes(was.Quoted), yes(now.Quoted))
	add("named", "yes", yes(was.Named), yes(now.Named))
	add("claim_by", "date", was.ClaimBy, now.ClaimBy)
	add("proof", "text", strings.Join(was.Proof, "; "), strings.Join(now.Proof, "; "))
	if was.Share != now.Share || was.Currency != now.Currency {
		out = append(out, Change{Field: "share", Kind: "money", Currency: now.Currency, Was: count64(was.Share), Now: count64(now.Share)})
	}
	return append(out, diffParts(was, now)...)
}

func diffParts(was, now Terms) []Change {
	var out []Change
	for _, p := range was.Parts {
		if _, ok := now.Part(p.Org); !ok {
			out = append(out, Change{Field: "part", Org: p.Org, Kind: "word", Was: p.Role})
		}
	}
	for _, n := range now.Parts {
		w, ok := was.Part(n.Org)
		if !ok {
			out = append(out, Change{Field: "part", Org: n.Org, Kind: "word", Now: n.Role})
			w = Part{Role: n.Role, Currency: n.Currency, Rate: n.Rate}
		}
		add := func(field, kind, a, b string) {
			if a != b {
				out = append(out, Change{Field: field, Org: n.Org, Kind: kind, Currency: n.Currency, Was: a, Now: b})
			}
		}
		add("role", "word", w.Role, n.Role)
		add("currency", "text", string(w.Currency), string(n.Currency))
		add("rate", "number", number(w.Rate), number(n.Rate))
		add("pledge", "money", count64(w.Share), count64(n.Share))
		add("allow", "price", number(w.Allow), number(n.Allow))
		add("target", "number", number(w.Target), number(n.Target))
		add("limit", "number", number(w.Limit), number(n.Limit))
	}
	return out
}

func number(m money.Micro) string {
	if m == 0 {
		return ""
	}
	return m.String()
}

func count(n int) string { return count64(int64(n)) }

func count64(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// gone are the entries of a that b has not.
func gone(a, b []string) string {
	var out []string
	for _, x := range a {
		if !slices.Contains(b, x) {
			out = append(out, x)
		}
	}
	return strings.Join(out, ", ")
}

func tierText(ts []Tier) string {
	var out []string
	for _, t := range ts {
		out = append(out, t.From.String()+": "+percentText(t.Percent))
	}
	return strings.Join(out, ", ")
}

// percentText is a ratio as people read it: 0.05 is "5%".
func percentText(r money.Rate) string { return (r * 100).String() + "%" }
