package gateway

import (
	"strings"

	"gorm.io/gorm"
)

// where narrows a query of interchanges, seen from the company org.
func (f Filter) where(q *gorm.DB, org string) *gorm.DB {
	for _, p := range []*string{&f.Direction, &f.Type, (*string)(&f.State), &f.Result, &f.Partner, &f.Partnership, &f.Query} {
		*p = strings.TrimSpace(text(*p, 80))
	}
	switch f.Direction {
	case "out":
		q = q.Where("sender_id = ?", org)
	case "in":
		q = q.Where("receiver_id = ?", org)
	}
	if f.Late {
		q = q.Where("id IN (SELECT interchange_id FROM edi_wait WHERE sender_id = ? AND "+oursLate+")", org)
	}
	if f.Type != "" {
		q = q.Where("(',' || types || ',') LIKE ?", "%,"+literal(f.Type)+",%")
	}
	if f.State != "" {
		q = q.Where("state = ?", string(f.State))
	}
	if f.Result != "" {
		q = q.Where("result = ?", f.Result)
	}
	if f.Partner != "" {
		q = q.Where("(sender_id = ? OR receiver_id = ?)", f.Partner, f.Partner)
	}
	if f.Partnership != "" {
		q = q.Where("partnership_id = ?", f.Partnership)
	}
	if word := f.Query; word != "" {
		mine := "(supplier_id = ? OR reseller_id = ?)"
		name := strings.Trim(word, "<>")
		carried := "(SELECT submission_id FROM as2_message WHERE (message_id = ? OR file_names = ?) AND " + mine + ")"
		q = q.Where("(control LIKE ? OR control = ? OR id IN (SELECT interchange_id FROM edi_set WHERE business_key = ? AND "+mine+") OR id IN (SELECT interchange_id FROM edi_number WHERE value = ? AND "+mine+") OR id IN "+carried+" OR submission_id IN "+carried+")",
			literal(word)+"%", padded(word), word, org, org, plainSSCC(word), org, org, name, word, org, org, name, word, org, org)
	}
	return q
}

// literal takes from a LIKE pattern what a user may not say.
func literal(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '%' || r == '_' || r == '\\' {
			return -1
		}
		return r
	}, s)
}
