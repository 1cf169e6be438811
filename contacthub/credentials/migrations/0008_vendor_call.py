"""A call to a vendor is named so. Its table keeps its name: a release before this one reads it too."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("credentials", "0007_test_error")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameModel("ProviderCall", "VendorCall"),
                migrations.AlterModelTable("VendorCall", "credentials_providercall"),
            ]
        )
    ]
