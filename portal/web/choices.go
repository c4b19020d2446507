package web

import (
	"slices"

	"entente/portal/locale"
	"entente/portal/view"
	"entente/prm/access"
)

// The lists that forms choose from. They hold what companies of the portal's
// markets need; a value that a record has already is always among them.

var countryCodes = []string{"AT", "BE", "BG", "CH", "CN", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HK", "HR", "HU", "IE", "IT", "JP", "KR", "LT", "LU", "LV", "NL", "NO", "PL", "PT", "RO", "SE", "SG", "SI", "SK", "TW", "US"}

var currencyCodes = []string{"CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "JPY", "KRW", "NOK", "PLN", "RON", "SEK", "SGD", "TWD", "USD"}

var zoneNames = []string{"UTC", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/New_York", "Asia/Hong_Kong", "Asia/Seoul", "Asia/Shanghai", "Asia/Singapore", "Asia/Taipei", "Asia/Tokyo",
	"Europe/Amsterdam", "Europe/Athens", "Europe/Berlin", "Europe/Brussels", "Europe/Bucharest", "Europe/Budapest", "Europe/Copenhagen", "Europe/Dublin", "Europe/Helsinki", "Europe/Lisbon", "Europe/London",
	"Europe/Madrid", "Europe/Oslo", "Europe/Paris", "Europe/Prague", "Europe/Riga", "Europe/Rome", "Europe/Sofia", "Europe/Stockholm", "Europe/Tallinn", "Europe/Vienna", "Europe/Vilnius", "Europe/Warsaw", "Europe/Zurich"}

// plainOptions are values that are their own label.
func plainOptions(values []string, chosen string) []view.Option {
	if chosen != "" && !slices.Contains(values, chosen) {
		values = append([]string{chosen}, values...)
	}
	out := make([]view.Option, len(values))
	for i, c := range values {
		out[i] = view.Option{Value: c, Label: view.Raw(c), On: c == chosen}
	}
	return out
}

// countries are the choices with their names where we have them.
func countries(chosen string, p *locale.Printer) []view.Option {
	out := plainOptions(countryCodes, chosen)
	for i, o := range out {
		if key := "country." + o.Value; locale.Has(p.Language(), key) {
			out[i].Label = view.T(key)
		}
	}
	return out
}

// countryText is the name of a country, or its code where there is none.
func countryText(code string, p *locale.Printer) view.Text {
	if key := "country." + code; locale.Has(p.Language(), key) {
		return view.T(key)
	}
	return view.Raw(code)
}

func languages(chosen string) []view.Option {
	var out []view.Option
	for _, l := range locale.Languages() {
		out = append(out, view.Option{Value: string(l), Label: view.T("language." + string(l)), On: string(l) == chosen})
	}
	return out
}

func themes(chosen string) []view.Option {
	var out []view.Option
	for _, t := range []view.Theme{view.ThemeSystem, view.ThemeLight, view.ThemeDark} {
		out = append(out, view.Option{Value: string(t), Label: view.T("theme." + string(t)), On: string(t) == chosen})
	}
	return out
}

func roleOptions(on []access.Role) []view.Option {
	var out []view.Option
	for _, r := range access.Roles {
		out = append(out, view.Option{Value: string(r), Label: view.T("role." + string(r)), On: slices.Contains(on, r)})
	}
	return out
}
