// Package fault is the one error type that crosses layers: a code for
// programs, a message key for people, a cause for the log.
//
// A service returns fault errors; handlers never write an error themselves but
// return it, and one place renders it as a page, a fragment or a problem
// document (RFC 9457). The key names a text in portal/locale; Args fill it.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Code says what kind of failure it is; it maps to one HTTP status.
type Code string

// The codes. An object the actor may not see is NotFound, never Forbidden.
const (
	Invalid         Code = "invalid"         // 422: the input is wrong and says where
	NotFound        Code = "not_found"       // 404: missing, or not visible to the actor
	Conflict        Code = "conflict"        // 409: the state moved on
	Forbidden       Code = "forbidden"       // 403: visible, but the role does not allow it
	Unauthenticated Code = "unauthenticated" // 401
	TooLarge        Code = "too_large"       // 413
	RateLimited     Code = "rate_limited"    // 429
	Unavailable     Code = "unavailable"     // 503: try again later
	Internal        Code = "internal"        // 500: our fault
)

// Field is one wrong field of a form or a JSON body.
type Field struct {
	Name string         // form field or JSON path
	Key  string         // message key
	Args map[string]any // values for the message
}

// Error carries a code, a message key with its values, and the cause.
type Error struct {
	Code   Code
	Key    string
	Args   map[string]any
	Fields []Field
	Cause  error
}

// New makes an error. Args are pairs: name, value, name, value.
func New(code Code, key string, args ...any) *Error {
	return &Error{Code: code, Key: key, Args: pairs(args)}
}

// Wrap is New with a cause that only the log sees.
func Wrap(cause error, code Code, key string, args ...any) *Error {
	return &Error{Code: code, Key: key, Args: pairs(args), Cause: cause}
}

// InvalidField is the common case of one wrong field.
func InvalidField(name, key string, args ...any) *Error {
	return &Error{Code: Invalid, Key: "form.invalid", Fields: []Field{{Name: name, Key: key, Args: pairs(args)}}}
}

// With adds a wrong field and returns the error.
func (e *Error) With(name, key string, args ...any) *Error {
	e.Fields = append(e.Fields, Field{Name: name, Key: key, Args: pairs(args)})
	return e
}

// OrNil returns nil when no field was found wrong, for collecting validators.
func (e *Error) OrNil() error {
	if e == nil || len(e.Fields) == 0 {
		return nil
	}
	return e
}

func pairs(args []any) map[string]any {
	if len(args) == 0 {
		return nil
	}
	m := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		m[fmt.Sprint(args[i])] = args[i+1]
	}
	return m
}

// Error is for logs, never for people.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Code))
	b.WriteString(": ")
	b.WriteString(e.Key)
	for _, f := range e.Fields {
		fmt.Fprintf(&b, " [%s %s]", f.Name, f.Key)
	}
	if e.Cause != nil {
		b.WriteString(": ")
		b.WriteString(e.Cause.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is makes errors.Is compare by code and key; an empty key matches any.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && (t.Key == "" || t.Key == e.Key)
}

// CodeOf returns the code of err, Internal for a foreign error and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// KeyOf returns the message key of err, "" when it has none.
func KeyOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Key
	}
	return ""
}

// As returns the fault inside err; a foreign error becomes Internal.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Code: Internal, Key: "error.internal", Cause: err}
}

// IsNotFound reports whether err says missing or invisible.
func IsNotFound(err error) bool { return CodeOf(err) == NotFound }

// Status is the HTTP status of a code.
func (c Code) Status() int {
	switch c {
	case Invalid:
		return 422
	case NotFound:
		return 404
	case Conflict:
		return 409
	case Forbidden:
		return 403
	case Unauthenticated:
		return 401
	case TooLarge:
		return 413
	case RateLimited:
		return 429
	case Unavailable:
		return 503
	}
	return 500
}
