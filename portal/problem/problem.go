// Package problem writes a fault as a problem document (RFC 9457): the one JSON
// form of an error, whether the API or the page layer met it.
package problem

import (
	"errors"
	"strings"
	"time"

	"entente/portal/locale"
	"entente/prm/fault"
)

// ContentType of a problem document.
const ContentType = "application/problem+json"

// Problem is a problem document. Code is stable and for programs; Detail says
// what to do and is for people.
type Problem struct {
	Type     string  `json:"type"`
	Title    string  `json:"title"`
	Status   int     `json:"status"`
	Detail   string  `json:"detail,omitempty"`
	Code     string  `json:"code"`
	Instance string  `json:"instance,omitempty"`
	Errors   []Field `json:"errors,omitempty"`
}

// Field is one wrong field: where it stands and what is wrong.
type Field struct {
	Location string `json:"location"`
	Code     string `json:"code"`
	Message  string `json:"message"`
}

// Of writes err in the language asked for. A foreign error is "internal" and
// shows nothing of its text.
func Of(err error, acceptLanguage, instance string) *Problem {
	f := fault.As(err)
	var d *Problem
	if errors.As(err, &d) {
		return d
	}
	p := locale.New(locale.Match(acceptLanguage, ""), time.UTC, time.Now())
	code := strings.TrimPrefix(f.Key, "error.")
	if f.Code == fault.Internal {
		code = "internal"
	}
	title := "error.title." + string(f.Code)
	if own := "error.title." + code; locale.Has(p.Language(), own) { // a code is of several faults
		title = own
	}
	d = &Problem{Type: "about:blank", Title: p.T(title), Status: f.Code.Status(), Code: code, Instance: instance}
	d.Detail = Text(p, f.Code, f.Key, f.Args)
	for _, w := range f.Fields {
		d.Errors = append(d.Errors, Field{Location: w.Name, Code: w.Key, Message: Text(p, f.Code, w.Key, w.Args)})
	}
	return d
}

// Request is the instance of a document about a request that failed: its id in the log.
func Request(id string) string { return "urn:entente:request:" + id }

// Text is the sentence for a fault's key; a key without a text and an internal
// fault give the general words of the code.
func Text(p *locale.Printer, code fault.Code, key string, args map[string]any) string {
	if code == fault.Internal || !locale.Has(p.Language(), key) {
		return p.T("error." + string(code))
	}
	return p.T(locale.Refused(p, key, args), args)
}

// Error makes a document an error, so that the API's library passes it on.
func (d *Problem) Error() string { return d.Code }

// GetStatus is the HTTP status.
func (d *Problem) GetStatus() int { return d.Status }

// ContentType tells the API's library how to send it.
func (d *Problem) ContentType(string) string { return ContentType }
