package db

import "encoding/json"

// Text is a value of our own plain types as the JSON of a text column.
func Text(v any) string {
	b, err := json.Marshal(v)
	if err != nil { // no channel, function or map with odd keys is ever kept
		panic(err)
	}
	return string(b)
}

// FromText reads what Text wrote; anything else is the zero value.
func FromText[T any](s string) T {
	var v T
	_ = json.Unmarshal([]byte(s), &v)
	return v
}
