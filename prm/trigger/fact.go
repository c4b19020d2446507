package trigger

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Never is the number of days since what never was.
const Never = 9999

// The facts of each kind of subject. Functions look into what was read before; they reach
// nothing else.
type partnerFacts struct {
	DaysSinceLastOrder int                      `expr:"days_since_last_order"`
	UsualGap           float64                  `expr:"usual_gap"`
	OrdersInYear       int                      `expr:"orders_in_year"`
	Country            string                   `expr:"country"`
	Bought             func(family string) bool `expr:"bought"`
	DaysSinceBought    func(family string) int  `expr:"days_since_bought"`
}

type quoteFacts struct {
	DaysOpen        int     `expr:"days_open"`
	DaysLeft        int     `expr:"days_left"`
	Opened          bool    `expr:"opened"`
	DaysSinceOpened int     `expr:"days_since_opened"`
	Lines           int     `expr:"lines"`
	Value           float64 `expr:"value"`
	Currency        string  `expr:"currency"`
	Country         string  `expr:"country"`
}

type stockFacts struct {
	SKU             string  `expr:"sku"`
	Family          string  `expr:"family"`
	OnHand          float64 `expr:"on_hand"`
	SoldPerWeek     float64 `expr:"sold_per_week"`
	WeeksOfStock    float64 `expr:"weeks_of_stock"`
	DaysSinceReport int     `expr:"days_since_report"`
	Country         string  `expr:"country"`
}

type leadFacts struct {
	DaysSinceAnswer int    `expr:"days_since_answer"`
	DaysSinceWorked int    `expr:"days_since_worked"`
	DaysLeft        int    `expr:"days_left"`
	Stale           bool   `expr:"stale"`
	Industry        string `expr:"industry"`
	Country         string `expr:"country"`
}

// envOf is the type of the facts of a kind of subject, empty.
func envOf(a About) any {
	switch a {
	case Partners:
		return partnerFacts{}
	case Quotes:
		return quoteFacts{}
	case Stock:
		return stockFacts{}
	case Leads:
		return leadFacts{}
	}
	return nil
}

// FactOf names a fact of a kind of subject. Kind is number, yes_no, words or function.
type FactOf struct{ Name, Kind string }

// FactsOf lists the facts of a kind of subject.
func FactsOf(a About) []FactOf {
	t := reflect.TypeOf(envOf(a))
	if t == nil {
		return nil
	}
	var out []FactOf
	for i := range t.NumField() {
		f := FactOf{Name: t.Field(i).Tag.Get("expr"), Kind: "number"}
		switch t.Field(i).Type.Kind() {
		case reflect.Bool:
			f.Kind = "yes_no"
		case reflect.String:
			f.Kind = "words"
		case reflect.Func:
			f.Kind = "function"
		}
		out = append(out, f)
	}
	return out
}

func known(a About, name string) bool {
	return slices.ContainsFunc(FactsOf(a), func(f FactOf) bool { return f.Name == name })
}

// read gives the facts that a condition asked for.
func read(env any, asked []Fact) []Fact {
	v := reflect.ValueOf(env)
	out := make([]Fact, 0, len(asked))
	for _, f := range asked {
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("expr") != f.Name {
				continue
			}
			x := v.Field(i)
			if x.Kind() == reflect.Func {
				x = x.Call([]reflect.Value{reflect.ValueOf(f.Arg)})[0]
			}
			f.Value = say(x, strings.HasPrefix(f.Name, "days_"))
			out = append(out, f)
		}
	}
	return out
}

// say writes a fact; of days, so many are never.
func say(x reflect.Value, days bool) string {
	switch x.Kind() {
	case reflect.Bool:
		return map[bool]string{true: "yes", false: "no"}[x.Bool()]
	case reflect.Int:
		if days && x.Int() >= Never {
			return "never"
		}
		return strconv.FormatInt(x.Int(), 10)
	case reflect.Float64:
		return strconv.FormatFloat(x.Float(), 'f', -1, 64)
	}
	return x.String()
}

// round keeps one digit behind the point: facts are read by people.
func round(x float64) float64 {
	n, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'f', 1, 64), 64)
	return n
}
