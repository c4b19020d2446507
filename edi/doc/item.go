package doc

// Identify fills BuyerItem, VendorItem and GTIN from Items, the first of each kind.
func (l *Line) Identify() {
	for _, it := range l.Items {
		switch it.Qualifier {
		case "BP", "IN", "PI", "CB":
			setOnce(&l.BuyerItem, it.ID)
		case "VP", "VN", "VC", "VA":
			setOnce(&l.VendorItem, it.ID)
		case "UP", "EN", "UK", "UI", "UA":
			setOnce(&l.GTIN, gtin(it.ID))
		}
	}
}

// ItemIDs are the item numbers of the line: Items, or those that the short fields name.
func (l *Line) ItemIDs() []ItemID {
	if len(l.Items) > 0 {
		return l.Items
	}
	var out []ItemID
	for _, it := range []ItemID{{"BP", l.BuyerItem}, {"VP", l.VendorItem}, {"UK", l.GTIN}} {
		if it.ID != "" {
			out = append(out, it)
		}
	}
	return out
}

func setOnce(to *string, v string) {
	if *to == "" {
		*to = v
	}
}

// gtin fills 8 to 14 digits with zeros to 14; anything else is no GTIN.
func gtin(s string) string {
	if len(s) < 8 || len(s) > 14 || !digits(s) {
		return ""
	}
	return "00000000000000"[len(s):] + s
}
