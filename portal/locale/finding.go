package locale

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
// those of wire.Finding.Data.
func Finding(p *Printer, key string, facts map[string]string) string {
	return p.Fill("edi.finding."+key, facts)
}
