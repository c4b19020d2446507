package static

import "embed"

// Docs holds the help articles: docs/NAME.md in English and, where somebody wrote
// it, docs/NAME.zh-CN.md.
//
//go:embed docs/*.md
var Docs embed.FS
