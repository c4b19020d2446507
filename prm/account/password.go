package account

import (
	_ "embed"
	"net/mail"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"entente/prm/fault"
)

//go:embed breached.txt
var breachedFile string

// breached is the embedded list: lower-case passwords of at least MinPassword
// characters that stand in public lists of stolen ones.
var breached = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for line := range strings.SplitSeq(breachedFile, "\n") {
		if w := strings.TrimSpace(line); w != "" && !strings.HasPrefix(w, "#") {
			m[w] = true
		}
	}
	return m
})

// CheckPassword applies the rules for a new password: length in characters, not
// on the list of stolen ones, not one short pattern repeated or counted up, not
// the person's own name or address. There are no rules of composition
// (ASVS 5.0 6.2.5). The field is called name.
// Codes: Invalid.
func CheckPassword(field, password, email, personName string) error {
	n := utf8.RuneCountInString(norm.NFKC.String(password))
	switch {
	case n < MinPassword:
		return fault.InvalidField(field, "account.password_short", "least", MinPassword)
	case n > MaxPassword:
		return fault.InvalidField(field, "account.password_long", "most", MaxPassword)
	}
	low := strings.ToLower(norm.NFKC.String(password))
	local, _, _ := strings.Cut(strings.ToLower(email), "@")
	bare := strings.TrimRight(low, "0123456789!?.,-_#*$ ")
	switch {
	case breached()[low], repeated(low), counted(low):
		return fault.InvalidField(field, "account.password_known")
	case low == strings.ToLower(email), bare != "" && (bare == local || bare == strings.ToLower(strings.TrimSpace(personName))):
		return fault.InvalidField(field, "account.password_own")
	}
	return nil
}

// repeated reports a pattern of up to four characters repeated to the end.
func repeated(s string) bool {
	r := []rune(s)
	for size := 1; size <= 4; size++ {
		same := true
		for i := size; i < len(r) && same; i++ {
			same = r[i] == r[i-size]
		}
		if same {
			return true
		}
	}
	return false
}

// counted reports characters that only go up or down by one, digits wrapping.
func counted(s string) bool {
	r := []rune(s)
	for _, step := range []rune{1, -1} {
		same := true
		for i := 1; i < len(r) && same; i++ {
			d := r[i] - r[i-1]
			same = d == step || r[i-1] == '9' && r[i] == '0' && step == 1 || r[i-1] == '0' && r[i] == '9' && step == -1
		}
		if same {
			return true
		}
	}
	return false
}

// NormalEmail is the address as stored and compared: trimmed, lower case,
// printable ASCII, at most 254 bytes, one plain address without a display name.
// Codes: Invalid.
func NormalEmail(field, email string) (string, error) {
	e := strings.ToLower(strings.TrimSpace(email))
	bad := fault.InvalidField(field, "account.email_wrong")
	if e == "" || len(e) > 254 {
		return "", bad
	}
	for i := 0; i < len(e); i++ {
		if e[i] <= ' ' || e[i] > '~' {
			return "", bad
		}
	}
	a, err := mail.ParseAddress(e)
	if err != nil || a.Address != e || a.Name != "" {
		return "", bad
	}
	local, domain, _ := strings.Cut(e, "@")
	if strings.ContainsAny(local, `"(),:;<>[\]`) || strings.Contains(domain, "@") || strings.HasPrefix(domain, "[") {
		return "", bad
	}
	return e, nil
}

// cleanName trims a name and refuses control characters and too much.
func cleanName(field, name string) (string, error) {
	n := strings.Join(strings.Fields(name), " ")
	switch {
	case n == "":
		return "", fault.InvalidField(field, "account.name_missing")
	case utf8.RuneCountInString(n) > maxName:
		return "", fault.InvalidField(field, "account.name_long", "most", maxName)
	case !utf8.ValidString(n) || strings.ContainsFunc(n, func(r rune) bool {
		return r < ' ' || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
	}):
		return "", fault.InvalidField(field, "account.name_wrong")
	}
	return n, nil
}
