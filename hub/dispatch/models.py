"""What the dispatcher must not forget: manifests and their versions, key sets, retained blobs."""

from __future__ import annotations

from django.db import models

from contract.areas import LONGEST


class Layer(models.Model):
    """The manifest of one area as it was sealed last. The version only grows."""

    area = models.CharField(max_length=LONGEST, primary_key=True)
    epoch = models.PositiveBigIntegerField(default=1)
    generation = models.PositiveBigIntegerField(default=0)
    content = models.CharField(max_length=64, help_text="hash of what it lists")
    body = models.BinaryField()
    delta = models.BinaryField(default=b"", help_text="from the version before, sealed")
    sealed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.area} {self.epoch}.{self.generation}"

    @property
    def version(self) -> tuple[int, int]:
        """``(epoch, generation)``."""
        return (self.epoch, self.generation)


class RetainedBlob(models.Model):
    """A blob that the broker was given for an area; cleared there once no manifest lists it."""

    area = models.CharField(max_length=LONGEST)
    sha256 = models.CharField(max_length=64)
    is_listed = models.BooleanField(default=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["area", "sha256"], name="one_blob_an_area")]

    def __str__(self) -> str:
        return f"{self.area} {self.sha256[:12]}"


class KeySetVersion(models.Model):
    """A sealed key set as boxes receive it; every version is kept, boxes walk the chain."""

    version = models.PositiveIntegerField(primary_key=True)
    content = models.CharField(max_length=64, help_text="hash of the keys without the version")
    body = models.BinaryField()
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["version"]

    def __str__(self) -> str:
        return f"key set {self.version}"
