"""One word of the county and how it is said."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

_NO_BLANKS = RegexValidator(r"\A\S+\Z", _("词语里不要有空格"))


class Entry(models.Model):
    """``word`` is said as ``spoken``: pinyin, one syllable a character, or other Chinese."""

    word = models.CharField(_("词语"), max_length=20, unique=True, validators=[_NO_BLANKS])
    spoken = models.CharField(_("读音（拼音）或改说"), max_length=80)
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["word"]
        verbose_name = _("读音")
        verbose_name_plural = _("读音词典")

    def __str__(self) -> str:
        return f"{self.word} {self.spoken}"
