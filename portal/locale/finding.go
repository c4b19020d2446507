package locale

import (
	"strings"
	"time"
)

// Fill writes the text of the key with values that are all text: the arguments of
// an event or notice as they were stored.
func (p *Printer) Fill(key string, args map[string]string) string {
	m := make(map[string]any, len(args))
	for k, v := range args {
		m[k] = v
	}
	return p.T(key, m)
}

// stored writes the arguments of a notice or an event as the language does, where they are kept
// as text: a civil date "2026-11-28", and an amount with its currency "1632.00 GBP".
func (p *Printer) stored(args []any) []any {
	given := data(args)
	out := make(map[string]any, len(given))
	for k, v := range given {
		if text, ok := v.(string); ok {
			v = p.value(text)
		}
		out[k] = v
	}
	return []any{out}
}

func (p *Printer) value(text string) string {
	if _, err := time.Parse(time.DateOnly, text); err == nil {
		return p.Date(text)
	}
	amount, currency, ok := strings.Cut(text, " ")
	if !ok || len(currency) != 3 || strings.Trim(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || amount == "" || strings.Trim(amount, "-.0123456789") != "" || strings.Trim(amount, "-.") == "" {
		return text
	}
	return p.Money(amount, currency)
}

// Finding is the sentence of an EDI finding: what is wrong, where, how to mend
// it. key is the rule's name, the text is "edi.finding." + key, and facts are
// those of wire.Finding.Data. What a partner found gets the words of its code, or the
// partner's own.
func Finding(p *Printer, key string, facts map[string]string) string {
	if strings.HasPrefix(key, "partner.") {
		facts["Words"] = partnerWords(p, facts)
	}
	sentence := p.Fill("edi.finding."+key, facts)
	if key == "interchange.notice" {
		if words := noticeWords(p, facts); words != "" {
			return words + " " + sentence
		}
	}
	return sentence
}

// Refused is the key of the sentence for what was refused as a whole: where its reader said
// what the file is instead of EDI, or what follows it ("Rule" of args), the words of that.
func Refused(p *Printer, key string, args map[string]any) string {
	if rule, _ := args["Rule"].(string); rule != "" && (key == "edi.not_edi" || key == "edi.not_read") {
		if exact := "edi.error." + rule; Has(p.Language(), exact) {
			return exact
		}
	}
	return key
}

// noticeWords are what a TA3 says, in one sentence: which interchange, what became of it and
// when, and what was wrong with it. Empty where it holds no code.
func noticeWords(p *Printer, facts map[string]string) string {
	word := func(list, code string) string {
		if key := "edi.ta3." + list + "." + code; Has(p.Language(), key) {
			return p.T(key)
		}
		return p.T("edi.ta3.other", "code", code)
	}
	var parts []string
	if c := facts["Action"]; c != "" {
		parts = append(parts, word("action", c))
	}
	if c := facts["Error"]; c != "" && c != "000" {
		parts = append(parts, word("error", c))
	}
	if len(parts) == 0 {
		return ""
	}
	for _, layout := range []string{"20060102 1504", "20060102 150405", "060102 1504"} {
		text := facts["Date"] + " " + facts["Time"]
		if at, err := time.Parse(layout, text[:min(len(text), len(layout))]); err == nil {
			parts = append(parts, at.Format("2006-01-02 15:04"))
			break
		}
	}
	return p.T("edi.ta3.said", "control", facts["Control"], "words", strings.Join(parts, " · "))
}

// partnerWords are the words of a code of a partner, with what it wrote itself: where
// that is the name of a rule of ours, as another entente writes, the sentence of the rule.
func partnerWords(p *Printer, facts map[string]string) string {
	code, list := facts["Code"], facts["List"]
	var parts []string
	for _, key := range []string{"edi.code." + list + "." + code, "edi.un.code." + list + "." + code, "edi.advice." + code} {
		if list != "" && Has(p.Language(), key) {
			parts = append(parts, p.T(key))
			break
		}
	}
	said := strings.TrimRight(facts["Said"], ".。")
	if rule := "edi.finding." + said; said != "" && !strings.HasPrefix(said, "partner.") && Has(p.Language(), rule) {
		said = strings.TrimRight(p.Fill(rule, facts), ".。")
	}
	if said != "" {
		parts = append(parts, said)
	}
	if len(parts) == 0 {
		return p.T("edi.partner.code", "code", code)
	}
	return strings.Join(parts, " · ")
}

// Bare is the key of the sentence for a failure of which the key alone is kept (key_kept where
// there is one). ok is false where no sentence stands without what it speaks of.
func Bare(p *Printer, key string) (bare string, ok bool) {
	if Has(p.Language(), key+"_kept") {
		key += "_kept"
	}
	if !Has(p.Language(), key) {
		return key, false
	}
	text := p.T(key)
	return key, !strings.Contains(text, "⟦") && !strings.Contains(text, "<no value>")
}
