"""Lists of people or of companies that somebody put together, private or shared with the organization.

Below the catalog, so that its searches can use a list as a filter. A member is named by what stays when the catalog
changes: a contact by the key inside its id, a company by its public number. There is no foreign key to the catalog: a
member whose contact was removed stays as a placeholder, so that earlier counts still add up.
"""
