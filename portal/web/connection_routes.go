package web

import (
	"net/url"
	"strings"

	"entente/edi/gateway"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/partner"
)

// routesCard says how the company receives each document of a partner.
func (v *visit) routesCard(l link, f linkForms) (*view.RoutesCard, error) {
	if l.p.State != partner.Active && l.p.State != partner.Suspended {
		return nil, nil
	}
	routes, err := v.w.d.Gateway.Routes(v.ctx, v.actor(), l.p.ID)
	if err != nil {
		return nil, err
	}
	card := &view.RoutesCard{Editable: v.may(access.LinkManage, l.p.Resource())}
	if f.routes != nil {
		card.Form = *f.routes
	}
	own, err := v.w.d.Gateway.Doors(v.ctx, v.actor(), gateway.RouteUsual)
	if err != nil {
		return nil, err
	}
	for _, r := range routes {
		row := view.RouteRow{Code: r.Kind, Name: view.T("document." + r.Kind)}
		door, format := r.Door, formatValue(r.Syntax, r.Version)
		if f.routes != nil {
			door, format = f.routes.Value("door_"+r.Kind), f.routes.Value("format_"+r.Kind)
		}
		doors := own
		if r.Door == gateway.RouteFolder {
			doors = gateway.RouteDoors
		}
		for _, d := range doors {
			key := "routes.door." + d
			if d == gateway.RouteUsual {
				if key = "routes.door.usual"; r.Kind == "850" {
					key = "routes.door.usual_850"
				}
			}
			row.Doors = append(row.Doors, view.Option{Value: d, Label: view.T(key), On: d == door})
		}
		row.Formats = []view.Option{{Value: "", Label: view.T("routes.format_order"), On: format == ""}}
		for _, x := range gateway.RouteFormats {
			value := formatValue(x.Syntax, x.Version)
			row.Formats = append(row.Formats, view.Option{Value: value, Label: view.Raw(formatName(x)), On: value == format})
		}
		row.PreviewURL = v.path("edi", "connections", l.p.ID, "preview") + "?" + url.Values{"kind": {r.Kind}, "format": {format}}.Encode()
		card.Rows = append(card.Rows, row)
	}
	return card, nil
}

func formatValue(syntax, version string) string {
	if version == "" {
		return syntax
	}
	return syntax + " " + version
}

func formatName(f gateway.RouteFormat) string {
	switch {
	case gateway.IsForm(f.Syntax):
		return formNames[f.Syntax]
	case f.Syntax != gateway.SyntaxEDIFACT:
		return "X12 " + f.Version
	}
	w := strings.Split(f.Version, ":")
	name := "EDIFACT " + w[0] + "." + w[1]
	if len(w) > 3 {
		name += " EANCOM"
	}
	return name
}

// routesSave changes it.
func routesSave(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	in, id := v.input(), v.Params("id")
	now, err := v.w.d.Gateway.Routes(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	var routes []gateway.Route
	for _, r := range now {
		if only := in.text("only"); only != "" && only != r.Kind {
			continue
		}
		r.Door = in.text("door_" + r.Kind)
		r.Syntax, r.Version, _ = strings.Cut(in.text("format_"+r.Kind), " ")
		routes = append(routes, r)
	}
	if err := v.w.d.Gateway.SetRoutes(v.ctx, v.actor(), id, routes); err != nil {
		return v.refusedForm(err, in, func(f *linkForms, form *view.Form) { f.routes = form })
	}
	return v.linkDone("said.saved")
}
