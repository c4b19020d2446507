package locale

import "strings"

// Fill writes the text of the key with values that are all text: the arguments of
// an event or notice as they were stored.
func (p *Printer) Fill(key string, args map[string]string) string {
	m := make(map[string]any, len(args))
	for k, v := range args {
		m[k] = v
	}
	return p.T(key, m)
}

// Finding is the sentence of an EDI finding: what is wrong, where, how to mend
// it. key is the rule's name, the text is "edi.finding." + key, and facts are
// those of wire.Finding.Data. What a partner found gets the words of its code, or the
// partner's own.
func Finding(p *Printer, key string, facts map[string]string) string {
	if strings.HasPrefix(key, "partner.") {
		facts["Words"] = partnerWords(p, facts)
	}
	return p.Fill("edi.finding."+key, facts)
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
